package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
	"github.com/tracehook/tracehook/processor"
)

// Setup checks the configuration and builds the Bridge, whose connections Open opens.
func (m *Module[M, S]) Setup() {
	m.life.Lock()
	defer m.life.Unlock()
	m.setup()
}

func (m *Module[M, S]) setup() *Bridge {
	if b := m.Bridge(); b != nil {
		return b
	}
	m.mu.Lock()
	cfg, broken := m.parts.config()
	opts := append([]Option{WithLogger(slog.Default())}, m.opts...) // the caller's logger wins
	for name, d := range m.parts.drivers {
		opts = append(slices.Clip(opts), WithDriverSpec(name, d))
	}
	m.mu.Unlock()
	o := newOptions(append(slices.Clip(opts), WithFallback()))
	b, err := prepare(cfg, broken, o)
	m.mu.Lock()
	m.bridge, m.err = b, m.idle.Err()
	m.mu.Unlock()
	if err != nil {
		m.fail("tracing is off: the configuration was refused", err)
		return nil
	}
	m.last.Store(b)
	m.hook.Store(otelhook.NewHook[M, S](b.TracerProvider(), b.HookOptions()...))
	if m.install {
		b.Install()
	}
	return b
}

// Open opens the connections and traces from then on. A second Open without Close is ignored.
func (m *Module[M, S]) Open() {
	m.life.Lock()
	defer m.life.Unlock()
	b := m.setup()
	if b == nil || m.opened {
		return
	}
	if err := b.open(context.Background()); err != nil {
		m.fail("tracing is off: a connection could not be opened", err)
		m.end(b, b.first.cfg.OTel.ShutdownTimeout)
		return
	}
	if p := b.state.Load().plan; len(p.connections) == 0 && b.Err() != nil {
		m.log().Error("tracing is off: no connection is left", "error", b.Err())
	}
	m.opened = true
}

// Start says that tracing runs.
func (m *Module[M, S]) Start() {
	if b := m.Bridge(); b != nil {
		m.log().Info("tracing is running", "connections", b.Stats().ConnectionCount)
	}
}

// Stop exports what has ended. What ends between Stop and Close, such as a request that was under
// way, is exported by Close. Together they take at most [otel] shutdown_timeout, unless an exporter
// ignores the end of its context.
func (m *Module[M, S]) Stop() {
	m.life.Lock()
	defer m.life.Unlock()
	b := m.Bridge()
	if b == nil || !m.opened {
		return
	}
	begin := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), b.shutdownTimeout()/2)
	defer cancel()
	if err := b.ForceFlush(ctx); err != nil {
		m.fail("not every span is exported yet", err)
	}
	m.stopped = time.Since(begin)
}

// Close exports the rest, closes the connections, and drops the Bridge: a later Setup or Open builds
// a new one. A framework closes first what was mounted last, so that requests may still be under way
// whose server is closed later: Close waits for spans that are open, for at most half of what is left of
// [otel] shutdown_timeout.
func (m *Module[M, S]) Close() {
	m.life.Lock()
	defer m.life.Unlock()
	if b := m.Bridge(); b != nil {
		within := b.shutdownTimeout() - m.stopped
		if m.opened {
			begin := time.Now()
			m.awaitOpenSpans(b, within/2)
			within -= time.Since(begin)
		}
		m.end(b, within)
	}
	m.stopped = 0
}

// awaitOpenSpans waits until no span is open.
func (m *Module[M, S]) awaitOpenSpans(b *Bridge, within time.Duration) {
	open := b.Stats().OpenSpans
	if open == 0 {
		return
	}
	m.log().Info("waiting for spans that are open", "spans", open, "at most", within)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(within); open > 0 && time.Now().Before(end); open = b.Stats().OpenSpans {
		<-tick.C
	}
	if open > 0 {
		m.log().Warn("spans that are still open will be lost", "spans", open)
	}
}

func (m *Module[M, S]) end(b *Bridge, within time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), max(within, time.Second/10))
	defer cancel()
	err := b.Shutdown(ctx)
	m.hook.Store(m.idle)
	m.opened = false
	m.mu.Lock()
	m.bridge = nil
	m.mu.Unlock()
	if err != nil {
		m.fail("not every span was exported", err)
	}
}

// prepare is New without connections: open opens them. What ends before is counted for each of them.
func prepare(cfg config.Config, broken error, o options) (*Bridge, error) {
	p, err := newPlan(cfg, o, nil)
	if err != nil {
		return nil, err
	}
	p.broken = errors.Join(p.broken, broken)
	return assemble(context.Background(), p, o, nil)
}

// open opens the connections of a Bridge that was prepared.
func (b *Bridge) open(ctx context.Context) error {
	if err := b.fanout.Reload(ctx, b.state.Load().plan.processors()...); err != nil && !errors.Is(err, processor.ErrNotOpened) {
		return fmt.Errorf("open: %w", err)
	}
	return nil
}
