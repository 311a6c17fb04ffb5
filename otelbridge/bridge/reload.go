package bridge

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/tracehook/tracehook/config"
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
// A changed [otel] table waits for the next start; the result in [Bridge.Stats] and a line in
// the log say so. Reloads run one after the other; one that waits for its turn gives up when
// ctx is done. After [Bridge.Shutdown] they fail with [processor.ErrShutdown].
func (b *Bridge) Reload(ctx context.Context, cfg config.Config) error {
	return b.reloaded(ctx, func(next *state) (*plan, error) { return b.takeOver(ctx, cfg, next) })
}

// Watch reloads the Bridge whenever the configuration file at path has changed, until ctx
// is done or stop is called; see [config.Watch] for what it notices. A file that can't be
// read or is wrong leaves the old configuration in force; the log and [Bridge.Stats] say so.
// The error says that the file can't be watched.
func (b *Bridge) Watch(ctx context.Context, path string, opts ...config.Option) (stop func(), err error) {
	opts = append([]config.Option{config.WithCurrent(b.state.Load().cfg)}, opts...)
	return config.Watch(ctx, path, func(cfg config.Config, err error) {
		// What it returns is in the log and in Stats.
		_ = b.reloaded(ctx, func(next *state) (*plan, error) {
			if err != nil {
				return nil, err
			}
			return b.takeOver(ctx, cfg, next)
		})
	}, opts...)
}

// reloaded runs one reload and keeps its result. takeOver returns the plan that is in force
// then, nil if it refuses.
func (b *Bridge) reloaded(ctx context.Context, takeOver func(next *state) (*plan, error)) error {
	select {
	case b.reload <- struct{}{}:
		defer func() { <-b.reload }()
	case <-ctx.Done():
		return fmt.Errorf("another reload is running: %w", ctx.Err())
	}
	old := b.state.Load()
	next := &state{cfg: old.cfg, hash: old.hash, planned: old.planned, policies: old.policies, result: ReloadResult{Count: old.result.Count + 1}}
	p, err := takeOver(next)
	next.result.Time, next.result.OK = time.Now(), p != nil
	if err != nil {
		next.result.Error = err.Error()
	}
	b.state.Store(next) // before the log, which may be slow
	log := b.opts.logger.With("config_hash", next.hash)
	switch {
	case !next.result.OK:
		log.WarnContext(ctx, "configuration refused, the old one stays", "error", err)
	case err != nil:
		log.WarnContext(ctx, "configuration in force, but not every connection is open", "error", err)
	default:
		log.InfoContext(ctx, "configuration in force", "connections", len(next.policies))
	}
	if p != nil {
		p.logNotes(b.opts.logger)
	}
	if len(next.result.NeedsRestart) > 0 {
		log.WarnContext(ctx, "a table that changed needs a restart to apply", "tables", next.result.NeedsRestart)
	}
	return err
}

func (b *Bridge) takeOver(ctx context.Context, cfg config.Config, next *state) (*plan, error) {
	p, err := newPlan(cfg, b.opts, b.resource, next.planned)
	if err != nil {
		return nil, err
	}
	// Until the connections have changed, the head serves those that go and those that
	// come: a span that either wants must be recorded.
	b.head.Swap(slices.Concat(next.policies, p.policies())...)
	if err = b.fanout.Reload(ctx, p.connections()...); err != nil && !errors.Is(err, processor.ErrNotOpened) {
		b.head.Swap(next.policies...)
		return nil, err
	}
	b.head.Swap(p.policies()...)
	if !reflect.DeepEqual(cfg.OTel, b.started) {
		next.result.NeedsRestart = []string{"otel"}
	}
	next.cfg, next.hash, next.planned, next.policies = cfg, cfg.Hash(), p.planned, p.policies()
	return p, err
}
