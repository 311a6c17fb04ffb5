package bridge

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/tracehook/tracehook/otelbridge/otelhook"
	"github.com/tracehook/tracehook/processor"
)

// Module is a Bridge as a module of a framework: it reads the framework's configuration,
// follows its life cycle, and is the TraceHook that the framework calls. Mounting it
// replaces the framework's own trace module; call sites and the [trace] section stay.
//
// The life cycle's methods return nothing, so that what goes wrong is logged at error and
// kept for [Module.Err]. A connection with a mistake is left out, one that can't be opened is tried
// again every second, and the others run; see [WithFallback]. The application runs in any case. All
// methods are safe for concurrent use.
type Module[M otelhook.Carrier[M], S any] struct {
	idle    *otelhook.Hook[M, S] // before Setup, after Close, and when one of the two failed
	hook    atomic.Pointer[otelhook.Hook[M, S]]
	last    atomic.Pointer[Bridge] // whose numbers Stats tells, also after Close
	install bool

	life    sync.Mutex    // held by Setup, Open, Stop and Close, which may take long
	opened  bool          // guarded by life
	stopped time.Duration // how long Stop took; guarded by life

	mu     sync.Mutex // guards what follows; never held while something is logged
	opts   []Option
	parts  parts
	bridge *Bridge
	err    error
}

// NewModule returns a module to mount. S is checked as [otelhook.NewHook] does. Without
// [WithLogger], it logs to slog's default logger.
func NewModule[M otelhook.Carrier[M], S any](opts ...Option) *Module[M, S] {
	o := newOptions(opts)
	m := &Module[M, S]{opts: opts, install: o.install, parts: parts{adapt: o.adapt}}
	m.idle = otelhook.NewHook[M, S](noop.NewTracerProvider(), otelhook.WithStats(m.lastStats))
	m.err = m.idle.Err()
	m.hook.Store(m.idle)
	return m
}

// Begin opens a span; see [otelhook.Hook.Begin]. Before Setup it returns a span that does nothing;
// what ends between Setup and Open is counted as dropped.closed of each connection.
func (m *Module[M, S]) Begin(meta M, name string, attrs map[string]any) S {
	return m.hook.Load().Begin(meta, name, attrs)
}

// Trace records a span of no length; see [otelhook.Hook.Trace].
func (m *Module[M, S]) Trace(meta M, name, status string, attrs map[string]any) error {
	return m.hook.Load().Trace(meta, name, status, attrs)
}

// Emit is Trace as the framework's own module has it: later attrs win over earlier ones.
func (m *Module[M, S]) Emit(meta M, name, status string, attrs ...map[string]any) {
	all := make(map[string]any)
	for _, a := range attrs {
		maps.Copy(all, a)
	}
	_ = m.Trace(meta, name, status, all)
}

// Inject writes what meta's context holds into carrier; see [otelhook.Hook.Inject].
func (m *Module[M, S]) Inject(meta M, carrier propagation.TextMapCarrier) {
	m.hook.Load().Inject(meta, carrier)
}

// Extract takes from carrier what another process has sent; see [otelhook.Hook.Extract].
func (m *Module[M, S]) Extract(meta M, carrier propagation.TextMapCarrier) bool {
	return m.hook.Load().Extract(meta, carrier)
}

// Stats returns the numbers of [Bridge.Stats] as a map, also after Close; nil before Setup.
func (m *Module[M, S]) Stats() map[string]any { return m.hook.Load().Stats() }

func (m *Module[M, S]) lastStats() map[string]any {
	if b := m.last.Load(); b != nil {
		return b.Stats().Map()
	}
	return nil
}

// Bridge returns what Setup or Open has built; nil before, after Close, and if there is none. It has
// no connections until Open.
func (m *Module[M, S]) Bridge() *Bridge {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.bridge
}

// Err returns what is wrong: with the last step of the life cycle, or with connections at this
// moment ([Bridge.Err]); nil if nothing is.
func (m *Module[M, S]) Err() error {
	m.mu.Lock()
	err, b := m.err, m.bridge
	m.mu.Unlock()
	if b != nil {
		err = errors.Join(err, b.Err())
	}
	return err
}

// Register adds a driver: an [exporter.Driver], an [exporter.Factory], or a driver of the framework's
// own kind (if there is a [WithAdapter]); or configuration: a struct of the fields that the framework's own
// trace.Config has, or a map of such. What is registered first counts, and the configuration
// that [Module.Config] gets counts more. The framework offers every module everything that is
// registered, so values of other types are ignored. A driver that comes after Setup brings the
// connections that were left out for want of it; configuration counts at the next Setup.
func (m *Module[M, S]) Register(name string, value any) {
	m.mu.Lock()
	name, driver, err := m.parts.register(name, value)
	b := m.bridge
	m.mu.Unlock()
	if driver != nil && b != nil {
		err = errors.Join(err, b.addDriver(context.Background(), name, *driver))
	}
	if err != nil {
		m.fail("a trace driver can't be used", err)
	}
}

// Config takes the application's whole configuration, of which it reads what [config.FromMap]
// does. The framework calls it once for what is registered in code and once for its files: later
// ones win over earlier ones, key by key. If none has a section trace, spans go to the console.
func (m *Module[M, S]) Config(global map[string]any) {
	m.mu.Lock()
	late := m.bridge != nil
	if !late {
		m.parts.merge(global)
	}
	m.mu.Unlock()
	if late && global["trace"] != nil {
		m.log().Warn("configuration that comes after the trace module has been set up is ignored")
	}
}

func (m *Module[M, S]) fail(message string, err error) {
	m.mu.Lock()
	m.err = err
	m.mu.Unlock()
	m.log().Error(message, "error", err)
}

// log returns the logger of [WithLogger], or slog's default one as it is now: applications
// often set it after they have made their modules.
func (m *Module[M, S]) log() *slog.Logger {
	m.mu.Lock()
	opts := m.opts
	m.mu.Unlock()
	return newOptions(append([]Option{WithLogger(slog.Default())}, opts...)).logger
}

func (b *Bridge) shutdownTimeout() time.Duration {
	if d := b.first.cfg.OTel.ShutdownTimeout; d > 0 {
		return d
	}
	return processor.DefaultShutdownTimeout
}

// WithInstall makes a [Module] install its Bridge when it is set up, so that spans of otel.Tracer and
// of [tracehook.Meta] have the same connections; see [Bridge.Install]. It means nothing elsewhere.
func WithInstall() Option { return optionFunc(func(o *options) { o.install = true }) }
