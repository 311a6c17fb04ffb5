package processor

import (
	"context"
	"fmt"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/internal/safecall"
)

// handBack returns the token, or, if the connection has been cut off, uses it for the last
// time.
func (c *conn) handBack() {
	<-c.token
	if !c.lateClose.Load() {
		return
	}
	select {
	case c.token <- struct{}{}:
		c.closeExporter(c.ctx)
	default: // somebody else does it
	}
}

// closeExporter shuts the exporter down, in the background. The caller holds the token, and
// it is never given back. An exporter that gets its chance after ctx has ended gets one
// export timeout.
func (c *conn) closeExporter(ctx context.Context) <-chan error {
	result := make(chan error, 1)
	e := c.exporter.Load()
	if e == nil {
		result <- nil
		close(c.released)
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
			err = fmt.Errorf("connection %q: shut down its exporter: %w", c.cfg.Name, shorten(err))
		}
		result <- err
		close(c.released)
	}()
	return result
}

// closeWithin waits for result until ctx ends, and a moment longer.
func (c *conn) closeWithin(ctx context.Context, result <-chan error) error {
	err, ok := safecall.Await(ctx, result)
	if !ok {
		return fmt.Errorf("connection %q: its exporter is still shutting down: %w", c.cfg.Name, context.Cause(ctx))
	}
	return err
}
