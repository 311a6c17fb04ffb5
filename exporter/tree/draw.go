package tree

import (
	"slices"
	"strings"
	"time"

	"github.com/tracehook/tracehook/exporter/encode"
)

// The columns of a line, in cells; the name before them and the attributes after them take the rest.
const (
	durationCells = 8
	barCells      = 20
	gaps          = 3 // before the duration and the bar
)

// Append draws the spans of t, which must be of one trace, and appends the drawing to dst.
// It sorts nothing in t. Without spans it appends nothing.
func (s *Style) Append(dst []byte, t Trace) []byte {
	if len(t.Spans) == 0 {
		return dst
	}
	nodes, roots := forest(t.Spans)
	d := drawing{Style: s, spans: t.Spans, nodes: nodes}
	d.measure(roots)
	dst = d.header(dst, t.Continued)
	type visit struct {
		at    int32
		depth int
		last  bool
	}
	var todo []visit
	for i, root := range slices.Backward(roots) {
		todo = append(todo, visit{root, 0, i == len(roots)-1})
	}
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		dst = d.line(d.lead(dst, v.depth, v.last), v.at, v.depth)
		dst = d.notes(dst, v.at, v.depth)
		children := d.nodes[v.at].children
		for i, child := range slices.Backward(children) {
			todo = append(todo, visit{child, v.depth + 1, i == len(children)-1})
		}
	}
	return dst
}

// drawing is one trace being drawn.
type drawing struct {
	*Style
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
	type visit struct {
		at    int32
		depth int
	}
	todo := make([]visit, 0, len(roots))
	for _, root := range roots {
		todo = append(todo, visit{root, 0})
	}
	// The name gets what it needs, but half of the line at most: the attributes want to be
	// seen.
	most := min(d.width()/2, d.width()-durationCells-barCells-gaps)
	const readable = 8 // cells of a name
	d.levels = min((most-readable)/3, deepest)
	for len(todo) > 0 && d.name < most {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		d.name = min(max(d.name, d.indent(v.depth)+cells(d.label(v.at))), most)
		for _, child := range d.nodes[v.at].children {
			todo = append(todo, visit{child, v.depth + 1})
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
