package processor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tracehook/tracehook/decision"
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
	go func() {
		err := errors.New("the driver ended its goroutine")
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("the driver panicked: %v", p)
			}
			cancel()
			if err != nil {
				err = fmt.Errorf("connection %q: shut down its exporter: %w", c.cfg.Name, shorten(err))
			}
			result <- err
			close(c.released)
		}()
		err = e.Shutdown(ctx)
	}()
	return result
}

// closeWithin waits for result until ctx ends, and a moment longer.
func (c *conn) closeWithin(ctx context.Context, result <-chan error) error {
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
	}
	grace := time.NewTimer(closeGrace)
	defer grace.Stop()
	select {
	case err := <-result:
		return err
	case <-grace.C:
		return fmt.Errorf("connection %q: its exporter is still shutting down: %w", c.cfg.Name, context.Cause(ctx))
	}
}
