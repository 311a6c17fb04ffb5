package bridge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/processor"
)

// ReloadResult says how the newest [Bridge.Reload] went.
type ReloadResult struct {
	// Time is when it ended.
	Time time.Time `json:"time"`
	// Count is how many there have been, refused ones included.
	Count int64 `json:"count"`
	// OK reports that the configuration was taken over.
	OK bool `json:"ok"`
	// Error is why it was refused, or why not every connection is open; "" if all is well.
	Error string `json:"error,omitempty"`
	// NeedsRestart names the tables that changed and can't be changed in a running
	// process: "otel", whose resource, limits and propagators the SDK holds.
	NeedsRestart []string `json:"needs_restart,omitempty"`
}

// Reload takes cfg over without losing or doubling a span: connections that did not
// change keep their queue and their exporter, a changed sample table swaps only the
// policy, removed connections are drained in the background. A bad configuration is
// refused whole with the error that [New] would return, and the old one stays. An error that
// is [processor.ErrNotOpened] says that cfg is in force, but a connection waits for what its
// predecessor still holds, and collects meanwhile.
//
// A changed [otel] table waits for the next start, but for weights, max_weight,
// parent_without_th and edge; the result in [Bridge.Stats] and a line in the log say so. Reloads run one after the other; one that waits for its turn gives up when
// ctx is done. After [Bridge.Shutdown] they fail with [processor.ErrShutdown].
func (b *Bridge) Reload(ctx context.Context, cfg config.Config) error { return b.reload(ctx, cfg, nil) }

// Watch reloads the Bridge whenever the configuration file at path has changed, until ctx
// is done or stop is called; see [config.Watch] for what it notices. A file that can't be
// read or is wrong leaves the old configuration in force; the log and [Bridge.Stats] say so.
// The error says that the file can't be watched.
func (b *Bridge) Watch(ctx context.Context, path string, opts ...config.Option) (stop func(), err error) {
	if b == nil {
		return func() {}, errNoBridge
	}
	opts = append([]config.Option{config.WithCurrent(b.state.Load().plan.cfg)}, opts...)
	return config.Watch(ctx, path, func(cfg config.Config, err error) {
		_ = b.reload(ctx, cfg, err) // it is in the log and in Stats
	}, opts...)
}

// state is what a reload replaces as a whole.
type state struct {
	plan   *plan
	since  time.Time // when the plan came into force
	hash   string    // of the plan's configuration
	result ReloadResult
}

// reload takes cfg over and keeps the result. If refused is why there is no such cfg, only the
// result changes.
func (b *Bridge) reload(ctx context.Context, cfg config.Config, refused error) error {
	if b == nil {
		return errNoBridge
	}
	done, err := b.lockReload(ctx)
	if err != nil {
		return err
	}
	defer done()
	return b.reloadLocked(ctx, cfg, refused, false)
}

// addDriver makes a driver known that came after the Bridge, and takes the configuration in force
// over again if connections were left out, which may have waited for it.
func (b *Bridge) addDriver(ctx context.Context, name string, d exporter.Driver) error {
	done, err := b.lockReload(ctx)
	if err != nil {
		return err
	}
	defer done()
	if _, known := b.opts.drivers[name]; known {
		return nil // what was there first counts
	}
	if b.added == nil {
		b.added = make(drivers)
	}
	b.added[name] = d
	if p := b.state.Load().plan; len(p.left) > 0 {
		return b.reloadLocked(ctx, p.cfg, nil, true)
	}
	return nil
}

func (b *Bridge) lockReload(ctx context.Context) (done func(), err error) {
	select {
	case b.reloading <- struct{}{}:
		return func() { <-b.reloading }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("another reload is running: %w", ctx.Err())
	}
}

// reloadLocked does the work of reload. If lenient, what has a mistake stays left out.
func (b *Bridge) reloadLocked(ctx context.Context, cfg config.Config, refused error, lenient bool) error {
	old := b.state.Load()
	next := &state{plan: old.plan, hash: old.hash, since: old.since, result: ReloadResult{Count: old.result.Count + 1}}
	err := refused
	if err == nil {
		next.plan, err = b.takeOver(ctx, old.plan, cfg, lenient)
	}
	next.result.Time, next.result.OK = time.Now(), next.plan != old.plan
	if err != nil {
		next.result.Error = err.Error()
	}
	if next.result.OK {
		next.hash, next.since = cfg.Hash(), next.result.Time
		if needsRestart(cfg.OTel, b.first.cfg.OTel) {
			next.result.NeedsRestart = []string{"otel"}
		}
	}
	b.state.Store(next) // before the log, which may be slow
	b.logReload(ctx, next, err)
	return err
}

func (b *Bridge) logReload(ctx context.Context, s *state, err error) {
	log := b.opts.logger.With("config_hash", s.hash)
	switch {
	case !s.result.OK:
		log.WarnContext(ctx, "configuration refused, the old one stays", "error", err)
		return
	case err != nil:
		log.WarnContext(ctx, "configuration in force, but not every connection is open", "error", err)
	default:
		log.InfoContext(ctx, "configuration in force", "connections", len(s.plan.connections))
	}
	s.plan.logNotes(b.opts.logger)
	if len(s.result.NeedsRestart) > 0 {
		log.WarnContext(ctx, "a table that changed needs a restart to apply", "tables", s.result.NeedsRestart)
	}
}

// takeOver replaces old by the plan of cfg and returns the one that is in force then.
func (b *Bridge) takeOver(ctx context.Context, old *plan, cfg config.Config, lenient bool) (*plan, error) {
	o := b.opts
	o.lenient, o.fallback = lenient, false // otherwise a bad configuration is refused whole
	if len(b.added) > 0 {
		o.drivers = maps.Clone(o.drivers)
		maps.Copy(o.drivers, b.added)
		o.own = maps.Clone(o.own)
		maps.Copy(o.own, b.added)
	}
	p, err := newPlan(cfg, o, old)
	if err != nil {
		return old, err
	}
	if lenient {
		p.broken = old.broken
	}
	// Until the connections have changed, the head serves those that go and those that
	// come: a span that either wants must be recorded.
	b.head.SwapWire(old.wire, slices.Concat(old.policies(), p.policies())...)
	if err = b.fanout.Reload(ctx, p.processors()...); err != nil && !errors.Is(err, processor.ErrNotOpened) {
		b.head.SwapWire(old.wire, old.policies()...)
		return old, err
	}
	b.head.SwapWire(p.wire, p.policies()...)
	return p, err
}
