package entry

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/internal/inbound"
	"github.com/tracehook/tracehook/otelbridge/propagators"
)

// Tracer begins and ends spans of entries. The zero Tracer is ready to use. Its fields aren't changed
// after first use; then it is safe for concurrent use.
type Tracer struct {
	// Hook makes the spans; nil is the attached one.
	Hook tracehook.TraceHook
	// Propagator reads what callers send and writes what is sent; nil is otel's global one.
	Propagator propagation.TextMapPropagator
	// Service is the service that spans belong to; "" is that of the process.
	Service string
	// Edge says what becomes of a caller's trace.
	Edge Edge
	// EdgeBaggage names the members of baggage that pass an edge.
	EdgeBaggage []string
}

// Edge says what becomes of a caller's trace at an entry.
type Edge uint8

const (
	// Continue goes on with the caller's trace. It is the default. An edge of the whole process
	// ([otel] edge) holds all the same, since it is in the Bridge's propagator.
	Continue Edge = iota
	// Restart begins a new trace that is linked to the caller's span, and trusts nothing that the
	// caller says.
	Restart
	// Ignore is Restart without the link.
	Ignore
)

const publish = "publish"

// Begin begins the span of an entry below what the sender says, or else below the span of ctx. The
// context that it returns holds the span, and [MetaFrom] finds the Meta in it. End the span with what
// the work came to: see [tracehook.TraceSpan].
func (t *Tracer) Begin(ctx context.Context, e Entry) (context.Context, tracehook.TraceSpan) {
	ctx, links := t.received(ctx, &e)
	return t.begin(ctx, &e, "", links)
}

// Run runs f in the span of an entry, and ends the span with the error that f returns: nil is ok, and
// an error with a status of its own, such as [Retry] makes, keeps it. A panic is recorded as a failure
// and goes on.
func (t *Tracer) Run(ctx context.Context, e Entry, f func(ctx context.Context) error) error {
	ctx, links := t.received(ctx, &e)
	return t.run(ctx, &e, "", links, f)
}

// Invoke runs f in a span below that of ctx, for a call of a method, service or trigger in this process.
func (t *Tracer) Invoke(ctx context.Context, kind, key string, f func(ctx context.Context) error) error {
	return t.run(ctx, &Entry{Kind: kind, Key: key}, "invoke", nil, f)
}

// Send runs send in a span of kind producer, after the span was injected into e.Carrier, which goes
// along with the event or job.
func (t *Tracer) Send(ctx context.Context, e Entry, send func(ctx context.Context) error) error {
	return t.run(ctx, &e, publish, nil, send)
}

func (t *Tracer) run(ctx context.Context, e *Entry, operation string, links []trace.SpanContext, f func(context.Context) error) (err error) {
	ctx, span := t.begin(ctx, e, operation, links)
	returned := false
	defer func() {
		if returned {
			span.End(err)
			return
		}
		v := recover()
		endInPanic(ctx, span, v)
		if v != nil { // else the goroutine ends
			panic(v) //nolint:forbidigo // the application's own panic goes on
		}
	}()
	err = f(ctx)
	returned = true
	return err
}

func (t *Tracer) begin(ctx context.Context, e *Entry, operation string, links []trace.SpanContext) (context.Context, tracehook.TraceSpan) {
	name, _, _ := e.name()
	attrs := e.attrs(t.Service, operation)
	if operation == publish {
		attrs["kind"] = tracehook.TraceKindProducer
	}
	m := tracehook.NewMeta().WithContext(ctx)
	span := t.beginOn(m, name, attrs)
	ctx = m.Context()
	if len(links) > 0 {
		own := trace.SpanFromContext(ctx)
		for _, sc := range links {
			own.AddLink(trace.Link{SpanContext: sc})
		}
	}
	if operation == publish && e.Carrier != nil {
		t.propagator().Inject(ctx, e.Carrier)
	}
	return &carried{Context: ctx, meta: m}, span
}

func (t *Tracer) beginOn(m *tracehook.Meta, name string, attrs tracehook.Map) tracehook.TraceSpan {
	if t.Hook == nil {
		return m.Begin(name, attrs)
	}
	return t.Hook.Begin(m, name, attrs)
}

func (t *Tracer) propagator() propagation.TextMapPropagator {
	if t.Propagator == nil {
		return otel.GetTextMapPropagator()
	}
	return t.Propagator
}

// received returns ctx with the parent and the baggage that an entry has, and what its span links to.
func (t *Tracer) received(ctx context.Context, e *Entry) (context.Context, []trace.SpanContext) {
	var links []trace.SpanContext
	if e.Carrier != nil {
		var caller trace.SpanContext
		if ctx, caller = t.extract(ctx, e.Carrier, e.Linked); caller.IsValid() {
			links = append(links, caller)
		}
	}
	for _, c := range e.Batch {
		if c == nil {
			continue
		}
		if _, caller := t.extract(context.Background(), c, true); caller.IsValid() {
			links = append(links, caller)
		}
	}
	return ctx, links
}

// extract returns ctx with what carrier holds and, if that is no parent, the span to link to.
func (t *Tracer) extract(ctx context.Context, carrier propagation.TextMapCarrier, linked bool) (context.Context, trace.SpanContext) {
	before := ctx
	p := t.propagator()
	if t.Edge != Continue {
		before = trace.ContextWithSpanContext(ctx, trace.SpanContext{})
		p = propagators.Edge{Propagator: p, Ignore: t.Edge == Ignore, Baggage: t.EdgeBaggage}
	}
	ctx = p.Extract(before, carrier)
	if caller, ok := inbound.CallerOf(ctx); ok { // an edge was here; the link is ours to make
		return inbound.WithCaller(ctx, trace.SpanContext{}), caller
	}
	found := trace.SpanContextFromContext(ctx)
	if !linked || !found.IsRemote() || !found.IsValid() {
		return ctx, trace.SpanContext{}
	}
	return inbound.WithWish(trace.ContextWithSpan(ctx, trace.SpanFromContext(before)), inbound.None), found
}
