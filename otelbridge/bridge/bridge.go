package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/internal/safecall"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/sampler"
)

// Bridge holds everything that one configuration describes: the head sampler, the span
// processor with its connections, and a TracerProvider over both. All methods are safe
// for concurrent use. A Bridge starts goroutines; [Bridge.Shutdown] ends them.
type Bridge struct {
	opts   options
	head   *sampler.Head
	fanout *processor.Fanout
	// started is the [otel] table of New, and resource what came of it: the SDK holds them
	// for good.
	started  config.OTel
	resource *resource.Resource

	propagator propagation.TextMapPropagator
	provider   func() *sdktrace.TracerProvider // built once, when first asked for
	built      atomic.Pointer[sdktrace.TracerProvider]

	stopping atomic.Bool   // Shutdown has been called
	down     chan struct{} // closed when its first call has its result
	downErr  error

	reload chan struct{} // holds a value while a reload runs
	state  atomic.Pointer[state]
}

// state is what a reload replaces as a whole.
type state struct {
	cfg      config.Config
	hash     string // of cfg
	planned  []planned
	policies []*sampler.Policy
	result   ReloadResult
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
	head := sampler.NewHead(p.policies()...) // first: policies of one head may share decisions
	fanout, err := processor.New(ctx, processor.Options{Logger: o.logger, MeterProvider: o.meters}, p.connections()...)
	if err != nil {
		return nil, err
	}
	b := &Bridge{
		opts: o, fanout: fanout, head: head,
		started: p.cfg.OTel, resource: p.resource, propagator: p.propagator,
		down: make(chan struct{}), reload: make(chan struct{}, 1),
	}
	b.provider = sync.OnceValue(func() *sdktrace.TracerProvider {
		tp := newTracerProvider(p, o.provider, b.head, &registered{fanout})
		b.built.Store(tp)
		return tp
	})
	b.state.Store(&state{cfg: p.cfg, hash: p.cfg.Hash(), planned: p.planned, policies: p.policies()})
	p.logNotes(o.logger)
	return b, nil
}

// newTracerProvider puts the caller's options before ours.
func newTracerProvider(p *plan, own []sdktrace.TracerProviderOption, head sdktrace.Sampler, fanout sdktrace.SpanProcessor) *sdktrace.TracerProvider {
	return sdktrace.NewTracerProvider(append(slices.Clip(own),
		sdktrace.WithSampler(head),
		sdktrace.WithResource(p.resource),
		sdktrace.WithRawSpanLimits(limitsOf(p.cfg.OTel)),
		sdktrace.WithSpanProcessor(fanout),
	)...)
}

// TracerProvider returns the official SDK provider with our sampler and processor. It is
// built when first asked for, so that an application which brings its own never has two.
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
	otel.SetTextMapPropagator(b.propagator)
	tracehook.Attach(b.Hook())
}

// ForceFlush exports what has ended before the call, on all connections at once, and
// waits for it until ctx is done. The error joins one for each connection that failed,
// with its name and how many spans; they stay counted in [Bridge.Stats].
func (b *Bridge) ForceFlush(ctx context.Context) error {
	tp := b.built.Load()
	if tp == nil || len(b.opts.provider) == 0 {
		return b.fanout.ForceFlush(ctx)
	}
	// The provider asks its processors in turn, and the caller's own may hang.
	theirs := atOnce(ctx, tp.ForceFlush)
	return errors.Join(b.fanout.ForceFlush(ctx), theirs())
}

// atOnce begins to flush or shut down the application's own span processors and returns
// what waits for that.
func atOnce(ctx context.Context, do func(context.Context) error) (wait func() error) {
	result := safecall.Go("one of them", func() error { return do(context.WithValue(ctx, fromBridge{}, true)) })
	return func() error {
		err, returned := safecall.Await(ctx, result)
		if !returned {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("the application's own span processors: %w", err)
		}
		return nil
	}
}

// Shutdown exports what is queued and closes all connections at once, each until ctx is
// done. What isn't out by then is canceled and counted, and the error says for each
// connection how many spans that were. Spans that end later are counted as
// dropped.closed. Further calls wait for the first, or for their own ctx, and return its
// result.
func (b *Bridge) Shutdown(ctx context.Context) error {
	if b.stopping.CompareAndSwap(false, true) {
		b.downErr = b.shutdown(ctx)
		close(b.down)
		return b.downErr
	}
	select {
	case <-b.down:
		return b.downErr
	case <-ctx.Done():
		return fmt.Errorf("still shutting down: %w", ctx.Err())
	}
}

func (b *Bridge) shutdown(ctx context.Context) error {
	err := b.fanout.Shutdown(ctx)
	defer b.opts.lines.Wait(ctx)
	// The provider itself has nothing to stop, and shutting it down would hide spans that
	// end later from the accounts; but the caller's own processors need it.
	if tp := b.built.Load(); tp != nil && len(b.opts.provider) > 0 {
		err = errors.Join(err, atOnce(ctx, tp.Shutdown)())
	}
	return err
}

// registered is the fanout as the Bridge's own provider has it. What the Bridge does to the
// fanout itself isn't done and said a second time by way of the provider.
type registered struct{ *processor.Fanout }

// fromBridge marks a context in which the Bridge sees to the fanout.
type fromBridge struct{}

func (r *registered) ForceFlush(ctx context.Context) error {
	if ctx.Value(fromBridge{}) != nil {
		return nil
	}
	return r.Fanout.ForceFlush(ctx)
}

func (r *registered) Shutdown(ctx context.Context) error {
	if ctx.Value(fromBridge{}) != nil {
		return nil
	}
	return r.Fanout.Shutdown(ctx)
}
