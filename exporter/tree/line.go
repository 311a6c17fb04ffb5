package tree

import (
	"strconv"
	"time"

	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/internal/clip"
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
	title := "trace"
	if !d.Masked {
		title += " " + id.String()
	}
	if continued {
		title += " (continued)"
	}
	about, failed := "  "+count(len(d.spans), "span"), ""
	if !d.Masked {
		about += "  " + duration(d.total)
	}
	if bad > 0 {
		failed = "  " + count(bad, "error")
	}
	const layout = "2006-01-02 15:04:05.000"
	zone := d.Location
	if zone == nil {
		zone = time.Local
	}
	// The start is the least of it: on a narrow terminal it goes first,
	// then the duration, and then the line breaks.
	room := d.wide - len(title) - len(failed)
	started := "  " + d.start.In(zone).Format(layout)
	if !d.Masked && !d.start.IsZero() && cells(about)+len(started) <= room {
		about += started
	} else if short := "  " + count(len(d.spans), "span"); cells(about) > room && cells(short) <= room {
		about = short
	}
	dst = d.paint(dst, bold, title)
	if cells(about) > room {
		dst = append(dst, '\n')
	}
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
	dst = blanks(dst, room-cells(label))
	if !d.Masked {
		dst = d.timing(append(dst, ' '), s.Start, s.Duration, barColor)
	}
	room = d.wide - d.used(max(d.name, d.indent(depth)+1)) - 2
	if !d.beside {
		room = d.wide - d.indent(depth) - 3
	}
	details := d.details(s, room)
	if d.beside && details != "" {
		dst = append(dst, "  "...)
		dst = d.paint(dst, dim, details)
	}
	dst = endLine(dst)
	if !d.beside && details != "" {
		dst = d.trunk(dst, depth, len(d.nodes[at].children) > 0)
		dst = endLine(d.paint(dst, dim, details))
	}
	return dst
}

// endLine ends a line without blanks at its end.
func endLine(dst []byte) []byte {
	for dst[len(dst)-1] == ' ' {
		dst = dst[:len(dst)-1]
	}
	return append(dst, '\n')
}

// timing appends the columns of the duration and the bar.
func (d *drawing) timing(dst []byte, start time.Time, took time.Duration, c color) []byte {
	text := duration(took)
	dst = blanks(dst, durationCells-cells(text))
	dst = append(dst, text...)
	if d.columns.bar == 0 {
		return dst
	}
	return d.bar(append(dst, "  "...), start, start.Add(max(took, 0)), c)
}

// bar appends when something ran within the trace: at least one cell.
func (d *drawing) bar(dst []byte, start, end time.Time, c color) []byte {
	all := d.columns.bar
	from, to := 0, all
	if d.total > 0 {
		from = d.cell(start.Sub(d.start))
		to = d.cell(end.Sub(d.start))
	}
	from = min(from, all-1)
	to = min(max(to, from+1), all)
	dst = blanks(dst, from)
	d.scratch = d.scratch[:0]
	for range to - from {
		d.scratch = append(d.scratch, "━"...)
	}
	dst = d.paint(dst, c, string(d.scratch))
	return blanks(dst, all-to)
}

// cell returns the cell of a moment, rounded to the nearest.
func (d *drawing) cell(at time.Duration) int {
	return int(float64(at)/float64(d.total)*float64(d.columns.bar) + 0.5)
}

// longestNote bounds a note, in lines: an error's text may be very long.
const longestNote = 6

// notes appends what is to be said below a span's line.
func (d *drawing) notes(dst []byte, at int32, depth int) []byte {
	s, n := &d.spans[at], &d.nodes[at]
	if s.bad() {
		d.scratch = append(d.scratch[:0], "✗ "...)
		d.scratch = encode.AppendVisible(d.scratch, s.Status)
		if s.Message != "" {
			d.scratch = append(d.scratch, ": "...)
			d.scratch = encode.AppendVisible(d.scratch, clip.Head(s.Message, longestNote*widest))
		}
		dst = d.note(dst, at, depth, red, string(d.scratch))
	}
	if n.missing > 0 {
		verb := " are"
		if n.missing == 1 {
			verb = " is"
		}
		dst = d.note(dst, at, depth, dim, "… "+children(n.missing)+verb+" not here: still open, or not sampled")
	}
	if n.orphan {
		parent := " " + s.Parent.String()
		if d.Masked {
			parent = ""
		}
		dst = d.note(dst, at, depth, dim, "… its parent"+parent+" is not here: still open, drawn before, or not sampled")
	}
	return dst
}

// note appends a text in as many lines as it needs, within bounds.
func (d *drawing) note(dst []byte, at int32, depth int, c color, text string) []byte {
	room := max(d.wide-d.indent(depth)-3, 8)
	for n := 1; text != ""; n++ {
		var line string
		switch {
		case n == longestNote:
			line, text = cut(text, room), ""
		case cells(text) > room:
			line, text = breakLine(text, room)
		default:
			line, text = text, ""
		}
		dst = d.trunk(dst, depth, len(d.nodes[at].children) > 0)
		dst = endLine(d.paint(dst, c, line))
		if text != "" {
			text = "  " + text // below the first line's text
		}
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
