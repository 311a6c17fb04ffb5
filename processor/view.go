package processor

import (
	"sync"

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
}

// judge derives from a new verdict what each connection would have to find out again.
func (v *view) judge() {
	d := &v.verdict
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
	v.span.Ended, v.span.Context = nil, trace.SpanContext{}
	p.pool.Put(v)
}
