package tree

import (
	"strings"
	"time"

	"github.com/tracehook/tracehook/exporter/encode"
)

// durationCells is the width of the column of durations.
const durationCells = 8

// columns is how a line is divided, in cells.
type columns struct {
	wide   int
	most   int  // of the name
	bar    int  // 0: there is none
	beside bool // attributes are in the line, not below it
	kinds  bool // of spans are shown also where they say nothing
}

// columnsOf divides a line of that width. The name gets what it needs, but about half of the line
// at most: the attributes want to be seen.
func columnsOf(width int, masked bool) columns {
	switch {
	case masked:
		return columns{width, width / 2, 0, true, true}
	case width >= 90:
		return columns{width, min(width/2, width-durationCells-20-3), 20, true, true}
	case width >= 60:
		return columns{width, width * 2 / 5, 10, true, false}
	default:
		return columns{width, width - durationCells - 1, 0, false, false}
	}
}

// used returns the cells of a line whose name takes so many.
func (d *drawing) used(name int) int {
	if d.Masked {
		return name
	}
	c := d.columns
	if c.bar == 0 {
		return name + 1 + durationCells
	}
	return name + 1 + durationCells + 2 + c.bar
}

// Append draws the spans of t, which must be of one trace, and appends the drawing to dst.
// It sorts nothing in t. Without spans it appends nothing.
func (s *Style) Append(dst []byte, t Trace) []byte {
	if len(t.Spans) == 0 {
		return dst
	}
	nodes, roots := forest(t.Spans)
	d := drawing{Style: s, columns: columnsOf(s.width(), s.Masked), spans: t.Spans, nodes: nodes}
	d.measure(roots)
	dst = d.header(dst, t.Continued)
	signatures := d.signatures(roots)
	todo := visits(nil, roots, signatures, 0)
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		dst = d.lead(dst, v.depth, v.last)
		if len(v.folded) > 0 {
			dst = d.fold(dst, v.folded, v.depth)
			continue
		}
		dst = d.line(dst, v.at, v.depth)
		dst = d.notes(dst, v.at, v.depth)
		todo = visits(todo, d.nodes[v.at].children, signatures, v.depth+1)
	}
	return dst
}

// drawing is one trace being drawn.
type drawing struct {
	*Style
	columns
	spans []Span
	nodes []node
	start time.Time
	total time.Duration
	name  int // cells of the name column
	branches
	scratch []byte
}

// measure finds the time that the trace took and how wide its names are.
func (d *drawing) measure(roots []int32) {
	d.start = d.spans[0].Start
	end := d.spans[0].end()
	for i := range d.spans {
		if s := &d.spans[i]; s.Start.Before(d.start) {
			d.start = s.Start
		}
		if e := d.spans[i].end(); e.After(end) {
			end = e
		}
	}
	d.total = end.Sub(d.start)
	todo := make([]visit, 0, len(roots))
	for _, root := range roots {
		todo = append(todo, visit{at: root})
	}
	most := d.most
	const readable = 8 // cells of a name
	d.levels = min((most-readable)/3, deepest)
	for len(todo) > 0 && d.name < most {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !d.Full && len(d.nodes[v.at].children) >= fewest {
			d.name = min(max(d.name, d.indent(v.depth+1)+foldCells), most)
		}
		d.name = min(max(d.name, d.indent(v.depth)+cells(d.label(v.at))), most)
		for _, child := range d.nodes[v.at].children {
			todo = append(todo, visit{at: child, depth: v.depth + 1})
		}
	}
}

// label is a span's name, with its service where that isn't its parent's.
func (d *drawing) label(at int32) string {
	s := &d.spans[at]
	d.scratch = encode.AppendVisible(d.scratch[:0], s.Name)
	parent := d.nodes[at].parent
	if nameless(s.Service) || parent >= 0 && d.spans[parent].Service == s.Service {
		return string(d.scratch)
	}
	d.scratch = append(d.scratch, " ["...)
	d.scratch = encode.AppendVisible(d.scratch, s.Service)
	d.scratch = append(d.scratch, ']')
	return string(d.scratch)
}

// nameless reports a service without a name, or with the one that the SDK makes up.
func nameless(service string) bool {
	return service == "" || strings.HasPrefix(service, "unknown_service")
}
