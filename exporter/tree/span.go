package tree

import (
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter/encode"
)

// Span is what a tree shows of a span. It is plain data, so that spans from a file can be
// drawn like those of a process.
type Span struct {
	TraceID trace.TraceID
	ID      trace.SpanID
	// Parent is zero for a root.
	Parent trace.SpanID
	// Remote says that the parent is in another process.
	Remote bool

	Name, Kind, Service string
	// Status is "ok" (or ""), "error", or a framework's own word; Message its text.
	Status, Message string

	Start    time.Time
	Duration time.Duration
	// Attributes belong to whoever made the span; the reserved ones are not shown.
	Attributes []attribute.KeyValue
	// Children is how many children the span has started; -1 if that isn't known.
	Children int
}

// FromView returns the span of v. It shares the attributes with the span.
func FromView(v *encode.View) Span {
	return Span{
		TraceID:    v.Context.TraceID(),
		ID:         v.Context.SpanID(),
		Parent:     v.Parent.SpanID(),
		Remote:     v.Parent.IsRemote(),
		Name:       v.Name,
		Kind:       v.KindWord(),
		Service:    v.Service(),
		Status:     v.StatusWord(),
		Message:    v.Message(),
		Start:      v.Start,
		Duration:   v.Duration(),
		Attributes: v.Attributes,
		Children:   v.Span.ChildSpanCount(),
	}
}

// Local reports whether s is a local root: it has no parent, or one in another process.
func (s *Span) Local() bool { return !s.Parent.IsValid() || s.Remote }

func (s *Span) bad() bool { return s.Status != "" && s.Status != "ok" }

func (s *Span) end() time.Time { return s.Start.Add(max(s.Duration, 0)) }

// node is a span in its place. Nodes refer to each other by index.
type node struct {
	children []int32
	missing  int // children that were started and aren't here
	parent   int32
	orphan   bool // its parent is neither here nor in another process
	placed   bool
}

// forest puts spans in their places. It returns one node for each span, and the roots in
// the order of their start. Parents that go in a circle, which only a broken file has, are
// cut at the span that started first.
func forest(spans []Span) (nodes []node, roots []int32) {
	nodes = make([]node, len(spans))
	byID := make(map[trace.SpanID]int32, len(spans))
	for i := range spans {
		if _, taken := byID[spans[i].ID]; !taken {
			byID[spans[i].ID] = int32(i)
		}
	}
	order := make([]int32, len(spans))
	for i := range order {
		order[i], nodes[i].parent = int32(i), -1
	}
	slices.SortStableFunc(order, func(a, b int32) int { return spans[a].Start.Compare(spans[b].Start) })
	for _, i := range order {
		s := &spans[i]
		parent, known := byID[s.Parent]
		if !s.Parent.IsValid() || !known || parent == i {
			roots = append(roots, i)
			nodes[i].orphan = s.Parent.IsValid() && !s.Remote
			continue
		}
		nodes[parent].children = append(nodes[parent].children, i)
		nodes[i].parent = parent
	}
	for i := range nodes {
		if s := &spans[i]; s.Children > len(nodes[i].children) {
			nodes[i].missing = s.Children - len(nodes[i].children)
		}
	}
	for _, root := range roots {
		place(nodes, root)
	}
	for _, i := range order { // what no root reaches goes in a circle
		if nodes[i].placed {
			continue
		}
		parent := byID[spans[i].Parent]
		nodes[parent].children = slices.DeleteFunc(nodes[parent].children, func(child int32) bool { return child == i })
		nodes[i].orphan, nodes[i].parent = true, -1
		roots = append(roots, i)
		place(nodes, i)
	}
	return nodes, roots
}

func place(nodes []node, root int32) {
	todo := []int32{root}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !nodes[at].placed {
			nodes[at].placed = true
			todo = append(todo, nodes[at].children...)
		}
	}
}
