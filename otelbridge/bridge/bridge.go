package bridge

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
	"github.com/tracehook/tracehook/otelbridge/propagators"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/sampler"
)

// Bridge holds everything that one configuration describes: the head sampler, the span
// processor with its connections, and a TracerProvider over both. All methods are safe
// for concurrent use. A Bridge starts goroutines; [Bridge.Shutdown] ends them.
type Bridge struct {
	opts       options
	head       *sampler.Head
	fanout     *processor.Fanout
	propagator propagation.TextMapPropagator
	foreign    foreign // what is known of providers of the application's own
	first      *plan   // resource, span limits and propagators of it stay for good: the SDK holds them

	provider func() *sdktrace.TracerProvider                             // built once, when first asked for
	writer   func() *otelhook.Hook[*tracehook.Meta, tracehook.TraceSpan] // of Module.Write, built when first asked for
	built    atomic.Pointer[sdktrace.TracerProvider]

	installed atomic.Bool // as the global TracerProvider

	stopping atomic.Bool   // Shutdown has been called
	halt     chan struct{} // closed when it is
	down     chan struct{} // closed when its first call has its result
	downErr  error

	reloading chan struct{} // holds a value while a reload runs
	added     drivers       // to those of opts, later; guarded by reloading
	state     atomic.Pointer[state]
}

// Open is [New] with the configuration in the file at path. Everything that is wrong with the
// file comes back in one error, [config.Problems]: what [config.Load] finds, and what [Check]
// does.
func Open(ctx context.Context, path string, opts ...Option) (*Bridge, error) {
	o := newOptions(opts)
	var p *plan
	_, err := config.Load(path, config.WithCheck(func(cfg config.Config) (err error) {
		p, err = newPlan(cfg, o, nil)
		return err
	}))
	if err == nil {
		b, err := start(ctx, p, o)
		if err == nil && o.fallback && len(p.left) > 0 {
			go b.readAgain(path) //nolint:contextcheck,gosec // ctx is for opening only
		}
		return b, err
	}
	if !o.fallback {
		return nil, err
	}
	if p, err = emptyPlan(o, err); err != nil {
		return nil, err
	}
	b, err := start(ctx, p, o)
	if err == nil {
		go b.readAgain(path) //nolint:contextcheck,gosec // ctx is for opening only
	}
	return b, err
}

// New builds everything that cfg describes and starts it: files are opened, nothing is
// sent yet. Its error joins every problem of the configuration that [Check] would report,
// or those of the connections that could not be opened; nothing stays started then. A connection
// that can't be opened for a reason outside of its configuration is no error, but waits: see
// [WithStrict]. ctx bounds the opening only.
func New(ctx context.Context, cfg config.Config, opts ...Option) (*Bridge, error) {
	o := newOptions(opts)
	p, err := newPlan(cfg, o, nil)
	if err != nil {
		return nil, err
	}
	return start(ctx, p, o)
}

// start makes a Bridge of what p describes and opens its connections.
func start(ctx context.Context, p *plan, o options) (*Bridge, error) {
	return assemble(ctx, p, o, p.processors())
}

// assemble makes a Bridge with those of the connections of p that are to be open now.
func assemble(ctx context.Context, p *plan, o options, conns []processor.ConnectionConfig) (*Bridge, error) {
	head := sampler.NewWiredHead(p.wire, p.policies()...) // first: policies of one head may share decisions
	fanout, err := processor.New(ctx, processor.Options{
		Logger: o.logger, MeterProvider: o.meters, Notes: head,
		ShutdownTimeout: p.cfg.OTel.ShutdownTimeout, Traces: traceOptions(p.cfg.OTel.Traces, o.clock),
		CountEarly: len(conns) < len(p.connections),
	}, conns...)
	if err != nil {
		if o.fallback && len(p.connections) > 0 && !o.strict.any(p) {
			if p, err = emptyPlan(o, err); err == nil {
				return start(ctx, p, o)
			}
		}
		return nil, err
	}
	b := &Bridge{
		opts: o, fanout: fanout, head: head, first: p,
		halt: make(chan struct{}), down: make(chan struct{}), reloading: make(chan struct{}, 1),
	}
	b.propagator = edgePropagator{p.propagator, func() (sampler.Edge, []string) {
		now := b.state.Load().plan
		return now.wire.Edge, now.cfg.OTel.EdgeBaggage
	}}
	b.provider = sync.OnceValue(func() *sdktrace.TracerProvider {
		tp := newTracerProvider(p, o.provider, b.head, &registered{started{fanout, b.baggageMembers}})
		b.built.Store(tp)
		return tp
	})
	b.writer = sync.OnceValue(b.newWriter)
	b.state.Store(&state{plan: p, hash: p.cfg.Hash(), since: time.Now()})
	head.NoticeForeign(b.noticeForeign)
	o.inspector.bridge.Store(b)
	p.logNotes(o.logger)
	return b, nil
}

func traceOptions(t config.Traces, now func() time.Time) processor.TraceOptions {
	return processor.TraceOptions{
		Wait: t.Wait, MaxTraceSpans: t.MaxTraceSpans, MaxSpans: t.MaxSpans, MaxBytes: t.MaxBytes, Memory: t.Memory, Now: now,
	}
}

// newTracerProvider puts the caller's options before ours.
func newTracerProvider(p *plan, own []sdktrace.TracerProviderOption, head *sampler.Head, fanout sdktrace.SpanProcessor) *sdktrace.TracerProvider {
	var ids []sdktrace.TracerProviderOption
	if carriesRequestID(p.cfg.OTel) { // before the caller's own, which may bring another generator
		ids = append(ids, sdktrace.WithIDGenerator(propagators.IDGenerator{}))
	}
	return head.NewTracerProvider(append(append(ids, own...),
		sdktrace.WithResource(p.resource),
		sdktrace.WithRawSpanLimits(limitsOf(p.cfg.OTel)),
		sdktrace.WithSpanProcessor(fanout),
	)...)
}

// TracerProvider returns the official SDK provider with our sampler and processor. It is
// built by the first call, so that an application with its own never has two.
// Resource and span limits are those of the configuration that New got: the SDK can't
// change them later. That of a nil Bridge makes spans that do nothing.
func (b *Bridge) TracerProvider() trace.TracerProvider {
	if b == nil {
		return noop.NewTracerProvider()
	}
	return b.provider()
}

// Propagator returns the propagators that the configuration names; tracecontext and
// baggage by default.
func (b *Bridge) Propagator() propagation.TextMapPropagator {
	if b == nil {
		return propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
	}
	return b.propagator
}

// Sampler returns the head sampler, for a TracerProvider that the application owns. It
// follows reloads. Give it to the provider as it is, not inside sdktrace.ParentBased: it
// respects remote parents by itself, and has to be asked about every span.
func (b *Bridge) Sampler() sdktrace.Sampler {
	if b == nil {
		return sdktrace.NeverSample()
	}
	return b.head
}

// SamplerOver returns a sampler for a TracerProvider that the application owns and that has a
// sampler of its own, theirs; nil stands for the SDK's default. Sampled flag, tracestate and what
// the application's own exporters get are as theirs alone would have them. Spans that theirs drops
// and a connection may want are recorded, so that every connection decides as on the Bridge's
// own provider, and writes its weights into its own copies. It follows reloads.
//
//	tp := sdktrace.NewTracerProvider(
//		sdktrace.WithSampler(b.SamplerOver(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.2)))),
//		sdktrace.WithBatcher(theirExporter),
//		sdktrace.WithSpanProcessor(b.SpanProcessor()),
//	)
func (b *Bridge) SamplerOver(theirs sdktrace.Sampler) sdktrace.Sampler {
	switch {
	case b != nil:
		return b.head.Over(theirs)
	case theirs != nil:
		return theirs
	default:
		return sdktrace.ParentBased(sdktrace.AlwaysSample())
	}
}

// SpanProcessor returns the one processor that writes to all connections, for a
// TracerProvider that the application owns. It follows reloads; it must not be
// unregistered to reload it. When that provider shuts down, the Bridge's connections do.
func (b *Bridge) SpanProcessor() sdktrace.SpanProcessor {
	if b == nil {
		return new(processor.Fanout)
	}
	if !b.foreign.lent.Swap(true) && b.installed.Load() {
		b.opts.logger.Warn("Bridge.SpanProcessor was asked for after Bridge.Install: spans of otel.Tracer are the Bridge's, " +
			"and reach no exporter of another TracerProvider; leave Install out, or the other provider")
	}
	return started{b.fanout, b.baggageMembers}
}

// Hook returns the framework's tracing API on the Bridge's own TracerProvider.
func (b *Bridge) Hook() tracehook.TraceHook { return b.HookFor(b.TracerProvider()) }

// HookFor returns the framework's tracing API on a provider that the application owns, nil for
// the global one; the application registers [Bridge.SpanProcessor] with it. opts come after
// [Bridge.HookOptions].
func (b *Bridge) HookFor(tp trace.TracerProvider, opts ...otelhook.Option) tracehook.TraceHook {
	return otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](tp, append(b.HookOptions(), opts...)...)
}

// HookOptions returns what [otelhook.NewHook] needs to make a hook on this Bridge for types of
// a framework's own: its numbers, and the propagator that is installed or, if there is none or the
// configuration names some, the Bridge's.
func (b *Bridge) HookOptions() []otelhook.Option {
	if b == nil {
		return nil
	}
	return []otelhook.Option{
		otelhook.WithPropagator(b.inForce()),
		otelhook.WithStats(func() map[string]any { return b.Stats().Map() }),
	}
}
