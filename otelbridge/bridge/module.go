package bridge

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
)

// stopTimeout bounds how long [Module.Stop] waits for what is queued. The framework gives
// no context to say so.
const stopTimeout = 10 * time.Second

// Module is a Bridge as a module of a framework: it reads the framework's configuration,
// follows its life cycle, and is the TraceHook that the framework calls. Mounting it
// replaces the framework's own trace module; call sites and the [trace] section stay.
//
// The life cycle's methods return nothing, so that what goes wrong is logged at error and
// kept for [Module.Err]; the module then traces nothing, and the application runs. All
// methods are safe for concurrent use.
type Module[M otelhook.Carrier[M], S any] struct {
	idle *otelhook.Hook[M, S] // before Open, after Close, and when Open failed
	hook atomic.Pointer[otelhook.Hook[M, S]]

	life sync.Mutex // held by Open, Stop and Close, which may take long

	mu      sync.Mutex // guards what follows
	opts    []Option
	drivers map[string]exporter.Driver
	global  map[string]any
	bridge  *Bridge
	err     error
}

// NewModule returns a module to mount. S is checked as [otelhook.NewHook] does. Without
// [WithLogger], it logs to slog's default logger.
func NewModule[M otelhook.Carrier[M], S any](opts ...Option) *Module[M, S] {
	m := &Module[M, S]{
		idle:    otelhook.NewHook[M, S](noop.NewTracerProvider()),
		opts:    opts,
		drivers: make(map[string]exporter.Driver),
	}
	m.err = m.idle.Err()
	m.hook.Store(m.idle)
	return m
}

// Begin opens a span; see [otelhook.Hook.Begin]. Before Open it returns a span that does nothing.
func (m *Module[M, S]) Begin(meta M, name string, attrs map[string]any) S {
	return m.hook.Load().Begin(meta, name, attrs)
}

// Trace records a span of no length; see [otelhook.Hook.Trace].
func (m *Module[M, S]) Trace(meta M, name, status string, attrs map[string]any) error {
	return m.hook.Load().Trace(meta, name, status, attrs)
}

// Stats returns the numbers of [Bridge.Stats] as a map; nil while the module isn't open.
func (m *Module[M, S]) Stats() map[string]any { return m.hook.Load().Stats() }

// Bridge returns what Open built; nil before it, after Close, and if it failed.
func (m *Module[M, S]) Bridge() *Bridge {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.bridge
}

// Err returns what went wrong last; nil if nothing did.
func (m *Module[M, S]) Err() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

// Register adds a driver: value is an [exporter.Driver] or an [exporter.Factory]. The
// framework offers every module everything that is registered, so values of other types
// are ignored. Drivers registered after Open count at the next one.
func (m *Module[M, S]) Register(name string, value any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch v := value.(type) {
	case exporter.Driver:
		m.drivers[name] = v
	case exporter.Factory:
		m.drivers[name] = exporter.Driver{New: v, Network: true, Spool: true}
	case func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error):
		m.drivers[name] = exporter.Driver{New: v, Network: true, Spool: true}
	}
}

// Config takes the application's whole configuration, of which it reads what [config.FromMap]
// does. Nil means nothing is configured: spans go to the console.
func (m *Module[M, S]) Config(global map[string]any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.global = global
}

// Setup does nothing: everything is checked by Open, where it can be reported at once.
func (*Module[M, S]) Setup() {}

// Open builds the Bridge and traces from then on. A second Open without Close is ignored.
func (m *Module[M, S]) Open() {
	m.life.Lock()
	defer m.life.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bridge != nil {
		return
	}
	bridge, err := m.build()
	if err != nil {
		m.fail("tracing is off: the configuration was refused", err)
		return
	}
	m.bridge, m.err = bridge, m.idle.Err()
	m.hook.Store(otelhook.NewHook[M, S](bridge.TracerProvider(), bridge.HookOptions()...))
}

func (m *Module[M, S]) build() (*Bridge, error) {
	cfg, err := config.FromMap(m.global)
	if err != nil {
		return nil, err
	}
	// Ours goes first, so that the caller's logger wins.
	opts := append([]Option{WithLogger(slog.Default())}, m.opts...)
	for name, d := range m.drivers {
		opts = append(slices.Clip(opts), WithDriverSpec(name, d))
	}
	return New(context.Background(), cfg, opts...)
}

// Start says that tracing runs.
func (m *Module[M, S]) Start() {
	if b := m.Bridge(); b != nil {
		m.log().Info("tracing is running", "connections", b.Stats().ConnectionCount)
	}
}

// Stop exports what is queued, for at most 10 seconds, and closes the connections. Spans
// that end later are counted as dropped.closed.
func (m *Module[M, S]) Stop() {
	m.life.Lock()
	defer m.life.Unlock()
	m.stop(m.Bridge())
}

func (m *Module[M, S]) stop(b *Bridge) {
	if b == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := b.Shutdown(ctx); err != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.fail("not every span was exported", err)
	}
}

// Close stops if Stop was not called, and drops the Bridge: a later Open builds a new one.
func (m *Module[M, S]) Close() {
	m.life.Lock()
	defer m.life.Unlock()
	m.stop(m.Bridge())
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hook.Store(m.idle)
	m.bridge = nil
}

func (m *Module[M, S]) fail(message string, err error) {
	if errors.Is(m.err, err) {
		return // Stop and Close after each other say the same
	}
	m.err = err
	m.log().Error(message, "error", err)
}

// log returns the logger of [WithLogger], or slog's default one as it is now: applications
// often set it after they have made their modules.
func (m *Module[M, S]) log() *slog.Logger {
	return newOptions(append([]Option{WithLogger(slog.Default())}, m.opts...)).logger
}
