package processor

import (
	"sync"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// view is an ended span and the verdict of the entry that is being asked.
type view struct {
	span     decision.Span
	verdict  decision.Verdict
	truthful bool // the span itself says what the verdict does
	urgent   bool // it is what people look for after an overload
	deciding bool // the Decider of entry at is at work
	at       int
	waiting  []waiter

	change *change  // what the verdict makes of the span; nil until somebody keeps it
	last   *queued  // for connections that have the same verdict
	free   []queued // the rest of a small slab: one allocation for some spans
}

// slab is how many spans share an allocation. It is small, since whoever keeps one of them
// keeps the others alive: an exporter that holds on to what it got, a view in the pool.
const slab = 8

// queued returns what a queue holds for the view's span: the span itself if that is what is
// exported.
func (v *view) queued(remembered *changes, explain Explain) sdktrace.ReadOnlySpan {
	if v.truthful && explain == nil {
		return v.span.Ended
	}
	if v.change == nil {
		v.change = remembered.of(v)
	}
	if explain != nil {
		return &explained{queued{v.span.Ended, v.change}, v.verdict, explain}
	}
	if v.last == nil || v.last.change != v.change {
		if len(v.free) == 0 {
			v.free = make([]queued, slab)
		}
		v.last, v.free = &v.free[0], v.free[1:]
		v.last.ReadOnlySpan, v.last.change = v.span.Ended, v.change
	}
	return v.last
}

// judge derives from a new verdict what each connection would have to find out again.
func (v *view) judge() {
	d := &v.verdict
	v.change = nil
	v.urgent = d.Reason == decision.ByError || d.Reason == decision.BySlow
	v.truthful = !d.Rewrite && v.span.Context.IsSampled() && ownWeight(v.span.State) == d.Threshold
}

// viewPool keeps views, since what is handed to an interface is on the heap.
type viewPool struct{ pool sync.Pool }

func (p *viewPool) get() *view {
	if v, ok := p.pool.Get().(*view); ok {
		return v
	}
	return new(view)
}

func (p *viewPool) put(v *view) {
	// Only what would keep a span alive: clearing all costs more.
	v.span.Ended, v.span.Context, v.last = nil, trace.SpanContext{}, nil
	p.pool.Put(v)
}
