package connection

import (
	"context"
	"errors"
	"time"
)

var errStuck = errors.New("nothing has come back for two export timeouts")

// cancelIfStuck returns a context that ends when nothing has come back for two export
// timeouts: otherwise a process that ends with context.Background would never end.
func (c *Connection) cancelIfStuck(ctx context.Context) (watched context.Context, done func()) {
	watched, cancel := context.WithCancelCause(ctx)
	finished := make(chan struct{})
	tick := time.NewTicker(2 * c.cfg.ExportTimeout)
	go func() {
		defer tick.Stop()
		for before := c.progress.moves.Load(); ; {
			select {
			case <-finished:
				return
			case <-tick.C:
			}
			now := c.progress.moves.Load()
			if now == before {
				cancel(errStuck)
				return
			}
			before = now
		}
	}()
	return watched, func() {
		close(finished)
		cancel(context.Canceled)
	}
}
