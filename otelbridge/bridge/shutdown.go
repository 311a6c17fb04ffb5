package bridge

import (
	"context"
	"errors"
	"fmt"

	"github.com/tracehook/tracehook/internal/safecall"
	"github.com/tracehook/tracehook/processor"
)

// LossError is what [Bridge.ForceFlush] and [Bridge.Shutdown] return, perhaps joined with other
// errors, when spans were lost and no call has told so yet. See [processor.LossError].
type LossError = processor.LossError

// Loss is how many spans of a connection were lost, and how. See [processor.Loss].
type Loss = processor.Loss

// ForceFlush exports what has ended before the call, on all connections at once, and
// waits for it until ctx is done, or for [otel] shutdown_timeout if ctx has no deadline. The
// error has a [*LossError] with what each connection has lost since the last call; that stays
// counted in [Bridge.Stats].
func (b *Bridge) ForceFlush(ctx context.Context) error {
	if b == nil {
		return nil
	}
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
	if b == nil {
		return nil
	}
	if b.stopping.CompareAndSwap(false, true) {
		close(b.halt)
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
type registered struct{ started }

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
