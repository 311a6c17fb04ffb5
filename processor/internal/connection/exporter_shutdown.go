package connection

import (
	"context"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/internal/safecall"
)

// Released is closed when the exporter has been shut down, and with it has let go of what the
// connection claims.
func (c *Connection) Released() <-chan struct{} { return c.slot.released }

// Discard shuts down what Open has opened, if the connection is not to begin. An exporter
// that does not return within the export timeout is left behind.
func (c *Connection) Discard(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.ExportTimeout)
	defer cancel()
	defer c.cancel(errRefused)
	return c.awaitClose(ctx, c.closeExporter(ctx))
}

// closeExporter shuts the exporter down, in the background. The caller holds the token, and
// it is never given back. If ctx has ended already, the exporter gets one export timeout.
func (c *Connection) closeExporter(ctx context.Context) <-chan error {
	result := make(chan error, 1)
	e := c.slot.load()
	if e == nil {
		result <- nil
		close(c.slot.released)
		return result
	}
	if ctx.Err() != nil {
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithTimeout(decision.ExportContext(ctx), c.cfg.ExportTimeout)
	returned := safecall.Go("the driver", func() error { return e.Shutdown(ctx) })
	go func() {
		err := <-returned
		cancel()
		if err != nil {
			err = c.errorf("shut down its exporter: %w", shorten(err))
		}
		result <- err
		close(c.slot.released)
	}()
	return result
}

// awaitClose waits for result until ctx ends, and a moment longer.
func (c *Connection) awaitClose(ctx context.Context, result <-chan error) error {
	err, ok := safecall.Await(ctx, result)
	if !ok {
		return c.errorf("its exporter is still shutting down: %w", context.Cause(ctx))
	}
	return err
}
