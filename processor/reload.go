package processor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// ErrNotOpened is in the error of a [Fanout.Reload] that is in force, but where a
// connection that had to wait for what it claims isn't open yet. If it still waits, its
// queue collects; if opening failed, its exports fail, and opening is tried again with
// them, at most once a second.
var ErrNotOpened = errors.New("not open yet")

// Reload replaces the list of connections. Connections of the same name and fingerprint
// stay as they are and get the new Decider and Explain; new ones are opened; removed ones
// drain in the background within Options.DrainTimeout, and their numbers stay under
// Stats.Retired. No span of a connection that stays or is replaced is lost or doubled.
//
// If anything is wrong or can't be opened, nothing changes and the error tells everything;
// the one exception is [ErrNotOpened]. After Shutdown it returns [ErrShutdown]. ctx bounds
// opening. Reloads wait for each other; spans go on ending, and Shutdown doesn't wait.
func (f *Fanout) Reload(ctx context.Context, conns ...ConnectionConfig) error {
	if f.reloading == nil {
		return errors.New("a Fanout that New has not made can't be reloaded")
	}
	select {
	case f.reloading <- struct{}{}:
		defer func() { <-f.reloading }()
	case <-ctx.Done():
		return fmt.Errorf("another reload is going on: %w", ctx.Err())
	}
	if f.isShut() { // before anything is opened
		return ErrShutdown
	}
	if err := validate(conns); err != nil {
		return err
	}
	p := f.plan(f.table.Load(), conns)
	if err := p.open(ctx); err != nil {
		return errors.Join(err, f.undo(ctx, p))
	}
	if !f.commit(p) {
		return errors.Join(ErrShutdown, f.undo(ctx, p))
	}
	f.env.report.reloaded(p) //nolint:contextcheck // a log line about the past can't be canceled
	for _, c := range p.removed {
		f.drain(c) //nolint:contextcheck // outlives the reload, within its own time
	}
	return f.openLate(ctx, p)
}

// open opens what needn't wait for another connection.
func (p *plan) open(ctx context.Context) error {
	var errs []error
	for _, c := range p.fresh {
		if len(p.waits[c]) > 0 {
			continue
		}
		if err := c.open(ctx); err != nil {
			errs = append(errs, fmt.Errorf("connection %q: %w", c.cfg.Name, err))
		}
	}
	return errors.Join(errs...)
}

// undo shuts down what open has opened. The connections hold their tokens. An exporter that
// heeds no context is left behind, with what it claims.
func (f *Fanout) undo(ctx context.Context, p *plan) error {
	err := each(p.fresh, func(c *conn) error {
		ctx, cancel := context.WithTimeout(ctx, c.cfg.ExportTimeout)
		defer cancel()
		defer c.cancel(errRefused)
		return c.closeWithin(ctx, c.closeExporter(ctx))
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range p.fresh {
		f.keepHung(c)
	}
	maps.DeleteFunc(f.accounts, func(_ string, a *account) bool { return a.gens.Load().joined == 0 })
	return err
}

// keepHung remembers c if its exporter still has what it claims. The caller holds mu.
func (f *Fanout) keepHung(c *conn) {
	select {
	case <-c.released:
	default:
		f.hung[c] = struct{}{}
	}
}

// commit puts the new list in force, unless Shutdown has come first.
func (f *Fanout) commit(p *plan) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.shut {
		return false
	}
	names := make(map[string]*conn, len(p.entries))
	for i := range p.entries {
		names[p.entries[i].conn.cfg.Name] = p.entries[i].conn
	}
	for _, c := range p.fresh {
		c.begin()
		if len(p.waits[c]) == 0 {
			c.handBack()
		} else {
			f.env.group.Add(1) // of openLate
		}
	}
	for _, c := range p.removed {
		// Before its gate closes: who finds that closed looks for the successor.
		c.successor.Store(names[c.cfg.Name])
		f.draining[c] = struct{}{}
		f.env.group.Add(1) // of drain
	}
	f.table.Store(newTable(p.entries, f.retire(names)))
	return true
}

// drain shuts a removed connection down in the background.
func (f *Fanout) drain(c *conn) {
	go func() {
		defer f.env.group.Done()
		ctx, cancel := context.WithTimeout(f.drains, f.options.DrainTimeout)
		defer cancel()
		err := c.shutdown(ctx)
		f.mu.Lock()
		delete(f.draining, c)
		f.keepHung(c)
		f.mu.Unlock()
		f.env.report.drained(c, err)
	}()
}

// openLate opens connections that claim what others had, after those have let go of it.
func (f *Fanout) openLate(ctx context.Context, p *plan) error {
	ctx, cancel := context.WithTimeout(ctx, f.options.DrainTimeout)
	defer cancel()
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		errs  []error
	)
	for c, others := range p.waits {
		result := make(chan error, 1)
		go func() {
			defer f.env.group.Done()
			result <- c.openAfter(others)
		}()
		group.Go(func() {
			var err error
			select {
			case err = <-result:
			case <-ctx.Done():
				err = fmt.Errorf("waiting for %s, which its predecessor still has: %w",
					strings.Join(c.cfg.Claims, ", "), ctx.Err())
			}
			if err != nil {
				mu.Lock()
				errs = append(errs, fmt.Errorf("connection %q: %w: %w", c.cfg.Name, ErrNotOpened, err))
				mu.Unlock()
			}
		})
	}
	group.Wait()
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

// openAfter opens a connection when others have shut down. It holds the token until then.
func (c *conn) openAfter(others []*conn) error {
	defer c.progress() // for who waits to spool
	defer c.handBack()
	for _, o := range others {
		select {
		case <-o.released:
		case <-c.ctx.Done():
			return errRefused
		}
	}
	return c.open(c.ctx)
}
