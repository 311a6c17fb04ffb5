package otelhook

import (
	"fmt"
	"reflect"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/internal/w3c"
)

// Ender is a span as a [Hook] makes it. A framework's span type may be an interface with this
// method, or with a method End(...error), or anything else that [WithSpan] makes of an Ender.
type Ender interface{ End(results ...any) }

// Hook makes OpenTelemetry spans of what a framework traces: of type M is what goes with
// its units of work, and S is its span type. *Hook[*tracehook.Meta, tracehook.TraceSpan] is a
// [tracehook.TraceHook]; a framework whose attributes are a map[string]any gets its own
// interface the same way, without an import in either direction.
//
// It works with any TracerProvider and mixes freely with spans from elsewhere: parents
// are what the context says. It is safe for concurrent use as far as M is.
type Hook[M Carrier[M], S any] struct {
	tracing
	wrap   func(Ender) S // nil if a span is an S itself
	errors bool          // an S has the method End(...error)
	stats  func() map[string]any
	err    error
}

// tracing is the part of a Hook that doesn't depend on its types.
type tracing struct {
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator
	carries    carried // what propagator takes along
	quiet      bool    // leaves panics alone
}

// NewHook returns a Hook on tp; nil stands for the global TracerProvider of package otel, as
// it is at each Begin and Trace.
//
// A span is an S if S is an interface with no method but End(...any), like
// [tracehook.TraceSpan], or End(...error); otherwise [WithSpan] must say how to make one. If it doesn't, the
// hook does nothing: Begin returns the zero S, and [Hook.Err], which is also reported
// through [otel.Handle] here and now, says why.
func NewHook[M Carrier[M], S any](tp trace.TracerProvider, opts ...Option) *Hook[M, S] {
	c := config{
		tracerName:    "github.com/tracehook/tracehook",
		tracerOptions: []trace.TracerOption{trace.WithInstrumentationVersion(tracehook.Version)},
		propagator:    propagation.NewCompositeTextMapPropagator(w3c.TraceContext{}, propagation.Baggage{}),
	}
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	h := &Hook[M, S]{
		tracing: tracing{tracer: &globalTracer{name: c.tracerName, opts: c.tracerOptions}, propagator: c.propagator, carries: carriedBy(c.propagator), quiet: c.quiet},
		stats:   c.stats,
	}
	if tp != nil {
		h.tracer = tp.Tracer(c.tracerName, c.tracerOptions...)
	}
	if c.wrap != nil {
		if h.wrap, _ = c.wrap.(func(Ender) S); h.wrap == nil {
			h.err = fmt.Errorf("hook: WithSpan was given a %T, but this hook needs a %T", c.wrap, h.wrap)
		}
	} else if _, ok := any((*span)(nil)).(S); !ok {
		if _, h.errors = any((*errorSpan)(nil)).(S); !h.errors {
			h.err = fmt.Errorf("hook: a span can't be a %v, because it has no method but End(...any) or End(...error); "+
				"give NewHook the option WithSpan that makes one of an Ender", reflect.TypeFor[S]())
		}
	}
	if h.err != nil {
		otel.Handle(h.err)
	}
	return h
}

// Err returns why the hook does nothing: S is a type that it can't make. It is nil if the hook
// works.
func (h *Hook[M, S]) Err() error { return h.err }

// Stats returns what the function of [WithStats] does; nil without one.
func (h *Hook[M, S]) Stats() map[string]any {
	if h.stats == nil {
		return nil
	}
	return h.stats()
}

// Begin opens a span named name below the one in meta's context, and puts it there. Above
// a context without a span, meta's ids name the parent in another process. A zero meta
// gives a root span. It never blocks; what attrs may hold is said at [tracehook.Meta.Begin],
// and values that OpenTelemetry has no type for are converted and bounded (see
// docs/framework.md).
func (h *Hook[M, S]) Begin(meta M, name string, attrs map[string]any) S {
	if h.err != nil {
		var zero S
		return zero
	}
	s := h.begin(unitOf(meta), name, attrs)
	if h.wrap != nil {
		return h.wrap(s)
	}
	// Our own interface needs no search for its methods.
	var out S
	if own, ok := any(&out).(*tracehook.TraceSpan); ok {
		*own = s
		return out
	}
	// NewHook has seen that it holds.
	if h.errors {
		return any((*errorSpan)(s)).(S) //nolint:errcheck // checked once, in NewHook
	}
	return any(s).(S) //nolint:errcheck // checked once, in NewHook
}

// Trace records a span of no length below the one in meta's context. Any status but "" and
// ok makes it an error span, with attrs["error"] as its text; if status is empty,
// attrs["status"] counts. It never blocks and always returns nil.
func (h *Hook[M, S]) Trace(meta M, name, status string, attrs map[string]any) error {
	if h.err == nil {
		h.trace(unitOf(meta), name, status, attrs)
	}
	return nil
}

// unitOf returns meta as a unit; nil for the zero M.
func unitOf[M Carrier[M]](meta M) unit {
	var zero M
	if meta == zero {
		return nil
	}
	if m, ok := any(meta).(*tracehook.Meta); ok {
		return m
	}
	return &foreign[M]{meta: meta}
}

var (
	_ tracehook.TraceHook = (*Hook[*tracehook.Meta, tracehook.TraceSpan])(nil)
	_ tracehook.Inspector = (*Hook[*tracehook.Meta, tracehook.TraceSpan])(nil)
	_ tracehook.Receiver  = (*Hook[*tracehook.Meta, tracehook.TraceSpan])(nil)
)
