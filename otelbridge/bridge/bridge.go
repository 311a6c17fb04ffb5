package bridge

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
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
	first      *plan // resource, span limits and propagators of it stay for good: the SDK holds them

	provider func() *sdktrace.TracerProvider // built once, when first asked for
	built    atomic.Pointer[sdktrace.TracerProvider]

	stopping atomic.Bool   // Shutdown has been called
	down     chan struct{} // closed when its first call has its result
	downErr  error

	reloading chan struct{} // holds a value while a reload runs
	state     atomic.Pointer[state]
}

// Open is [New] with the configuration in the file at path. Everything that is wrong with the
// file comes back in one error, [config.Problems]: what [config.Load] finds, and what [Check]
// does.
func Open(ctx context.Context, path string, opts ...Option) (*Bridge, error) {
	o := newOptions(opts)
	var p *plan
	_, err := config.Load(path, config.WithCheck(func(cfg config.Config) (err error) {
		p, err = newPlan(cfg, o, resourceOf(cfg), nil)
		return err
	}))
	if err != nil {
		return nil, err
	}
	return start(ctx, p, o)
}

// New builds everything that cfg describes and starts it: files are opened, nothing is
// sent yet. Its error joins every problem of the configuration that [Check] would report,
// or those of the connections that could not be opened; nothing stays started then. ctx
// bounds the opening only.
func New(ctx context.Context, cfg config.Config, opts ...Option) (*Bridge, error) {
	o := newOptions(opts)
	p, err := newPlan(cfg, o, resourceOf(cfg), nil)
	if err != nil {
		return nil, err
	}
	return start(ctx, p, o)
}

// start opens what p describes.
func start(ctx context.Context, p *plan, o options) (*Bridge, error) {
	head := sampler.NewWiredHead(p.wire, p.policies()...) // first: policies of one head may share decisions
	fanout, err := processor.New(ctx, processor.Options{Logger: o.logger, MeterProvider: o.meters, Notes: head, ShutdownTimeout: p.cfg.OTel.ShutdownTimeout}, p.processors()...)
	if err != nil {
		return nil, err
	}
	b := &Bridge{
		opts: o, fanout: fanout, head: head, first: p,
		down: make(chan struct{}), reloading: make(chan struct{}, 1),
	}
	b.propagator = edgePropagator{p.propagator, func() sampler.Edge { return b.state.Load().plan.wire.Edge }}
	b.provider = sync.OnceValue(func() *sdktrace.TracerProvider {
		tp := newTracerProvider(p, o.provider, b.head, &registered{fanout})
		b.built.Store(tp)
		return tp
	})
	b.state.Store(&state{plan: p, hash: p.cfg.Hash()})
	o.inspector.bridge.Store(b)
	p.logNotes(o.logger)
	return b, nil
}

// newTracerProvider puts the caller's options before ours.
func newTracerProvider(p *plan, own []sdktrace.TracerProviderOption, head *sampler.Head, fanout sdktrace.SpanProcessor) *sdktrace.TracerProvider {
	return head.NewTracerProvider(append(slices.Clip(own),
		sdktrace.WithResource(p.resource),
		sdktrace.WithRawSpanLimits(limitsOf(p.cfg.OTel)),
		sdktrace.WithSpanProcessor(fanout),
	)...)
}

// TracerProvider returns the official SDK provider with our sampler and processor. It is
// built by the first call, so that an application with its own never has two.
// Resource and span limits are those of the configuration that New got: the SDK can't
// change them later.
func (b *Bridge) TracerProvider() trace.TracerProvider { return b.provider() }

// Propagator returns the propagators that the configuration names; tracecontext and
// baggage by default.
func (b *Bridge) Propagator() propagation.TextMapPropagator { return b.propagator }

// Sampler returns the head sampler, for a TracerProvider that the application owns. It
// follows reloads. Give it to the provider as it is, not inside sdktrace.ParentBased: it
// respects remote parents by itself, and has to be asked about every span.
func (b *Bridge) Sampler() sdktrace.Sampler { return b.head }

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
func (b *Bridge) SamplerOver(theirs sdktrace.Sampler) sdktrace.Sampler { return b.head.Over(theirs) }

// SpanProcessor returns the one processor that writes to all connections, for a
// TracerProvider that the application owns. It follows reloads; it must not be
// unregistered to reload it. When that provider shuts down, the Bridge's connections do.
func (b *Bridge) SpanProcessor() sdktrace.SpanProcessor { return b.fanout }

// Hook returns the framework's tracing API on the Bridge's own TracerProvider.
func (b *Bridge) Hook() tracehook.TraceHook { return b.HookFor(b.TracerProvider()) }

// HookFor returns the framework's tracing API on a provider that the application owns;
// the application registers [Bridge.SpanProcessor] with it.
func (b *Bridge) HookFor(tp trace.TracerProvider) tracehook.TraceHook {
	return otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](tp, b.HookOptions()...)
}

// HookOptions returns what [otelhook.NewHook] needs to make a hook on this Bridge for types of
// a framework's own: the Bridge's propagator and its numbers.
func (b *Bridge) HookOptions() []otelhook.Option {
	return []otelhook.Option{
		otelhook.WithPropagator(b.propagator),
		otelhook.WithStats(func() map[string]any { return b.Stats().Map() }),
	}
}

// Install makes the Bridge what the process uses: otel's TracerProvider and propagator,
// and the hook behind [tracehook.Meta]. Nothing else in this module touches a global.
func (b *Bridge) Install() {
	otel.SetTracerProvider(b.TracerProvider()) //nolint:forbidigo // the application asks for it by this call
	otel.SetTextMapPropagator(b.Propagator())
	tracehook.Attach(b.Hook())
}
