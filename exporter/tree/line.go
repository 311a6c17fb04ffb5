package tree

import (
	"strconv"
	"time"

	"github.com/tracehook/tracehook/exporter/encode"
)

// header appends the line that names the trace.
func (d *drawing) header(dst []byte, continued bool) []byte {
	id := d.spans[0].TraceID
	bad := 0
	for i := range d.spans {
		if d.spans[i].bad() {
			bad++
		}
	}
	title := "trace " + id.String()
	if continued {
		title += " (continued)"
	}
	about, failed := "  "+count(len(d.spans), "span")+"  "+duration(d.total), ""
	if bad > 0 {
		failed = "  " + count(bad, "error")
	}
	const layout = "2006-01-02 15:04:05.000"
	zone := d.Location
	if zone == nil {
		zone = time.Local
	}
	// The start is the least of it: on a narrow terminal it goes first, then the duration.
	room := d.width() - len(title) - len(failed)
	if !d.start.IsZero() && len(about)+2+len(layout) <= room {
		about += "  " + d.start.In(zone).Format(layout)
	} else if cells(about) > room {
		about = "  " + count(len(d.spans), "span")
	}
	dst = d.paint(dst, bold, title)
	dst = d.paint(dst, dim, about)
	dst = d.paint(dst, red, failed)
	return append(dst, '\n')
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// line appends the rest of a span's line, after its branch.
func (d *drawing) line(dst []byte, at int32, depth int) []byte {
	s := &d.spans[at]
	room := max(d.name-d.indent(depth), 1)
	label := cut(d.label(at), room)
	nameColor, barColor := color(""), cyan
	if s.bad() {
		nameColor, barColor = red, red
	}
	dst = d.paint(dst, nameColor, label)
	dst = blanks(dst, room-cells(label)+1)
	took := duration(s.Duration)
	dst = blanks(dst, durationCells-cells(took))
	dst = append(dst, took...)
	dst = append(dst, "  "...)
	dst = d.bar(dst, s, barColor)
	used := max(d.name, d.indent(depth)+1) + durationCells + barCells + gaps
	if details := d.details(s, d.width()-used-2); details != "" {
		dst = append(dst, "  "...)
		dst = d.paint(dst, dim, details)
	}
	for dst[len(dst)-1] == ' ' {
		dst = dst[:len(dst)-1]
	}
	return append(dst, '\n')
}

// bar appends when s ran within the trace: at least one cell.
func (d *drawing) bar(dst []byte, s *Span, c color) []byte {
	from, to := 0, barCells
	if d.total > 0 {
		from = cell(s.Start.Sub(d.start), d.total)
		to = cell(s.end().Sub(d.start), d.total)
	}
	from = min(from, barCells-1)
	to = min(max(to, from+1), barCells)
	dst = blanks(dst, from)
	d.scratch = d.scratch[:0]
	for range to - from {
		d.scratch = append(d.scratch, "━"...)
	}
	dst = d.paint(dst, c, string(d.scratch))
	return blanks(dst, barCells-to)
}

// cell returns the cell of a moment, rounded to the nearest.
func cell(at, total time.Duration) int {
	return int(float64(at)/float64(total)*barCells + 0.5)
}

// maxMessage bounds an error's message, in cells.
const maxMessage = 1000

// notes appends what is to be said below a span's line.
func (d *drawing) notes(dst []byte, at int32, depth int) []byte {
	trunk := func(dst []byte) []byte { return d.trunk(dst, depth, len(d.nodes[at].children) > 0) }
	s, n := &d.spans[at], &d.nodes[at]
	if s.bad() {
		d.scratch = append(d.scratch[:0], "✗ "...)
		d.scratch = encode.AppendVisible(d.scratch, s.Status)
		if s.Message != "" {
			d.scratch = append(d.scratch, ": "...)
			d.scratch = encode.AppendVisible(d.scratch, s.Message[:min(len(s.Message), 4*maxMessage)])
		}
		dst = d.paint(trunk(dst), red, cut(string(d.scratch), maxMessage))
		dst = append(dst, '\n')
	}
	if n.missing > 0 {
		verb := " are"
		if n.missing == 1 {
			verb = " is"
		}
		dst = d.paint(trunk(dst), dim, "… "+children(n.missing)+verb+" not here: still open, or not sampled")
		dst = append(dst, '\n')
	}
	if n.orphan {
		dst = d.paint(trunk(dst), dim, "… its parent "+s.Parent.String()+" is not here: still open, drawn before, or not sampled")
		dst = append(dst, '\n')
	}
	return dst
}

func children(n int) string {
	if n == 1 {
		return "1 child"
	}
	return strconv.Itoa(n) + " children"
}

// duration writes d with three digits that matter.
func duration(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Microsecond:
		return strconv.FormatInt(int64(d), 10) + "ns"
	case d < time.Millisecond:
		return digits(float64(d)/float64(time.Microsecond)) + "µs"
	case d < time.Second:
		return digits(float64(d)/float64(time.Millisecond)) + "ms"
	case d < time.Minute:
		return digits(d.Seconds()) + "s"
	case d < time.Hour:
		return d.Round(time.Second).String()
	default:
		return d.Round(time.Minute).String()
	}
}

func digits(f float64) string {
	switch {
	case f < 9.995:
		return strconv.FormatFloat(f, 'f', 2, 64)
	case f < 99.95:
		return strconv.FormatFloat(f, 'f', 1, 64)
	default:
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
}
