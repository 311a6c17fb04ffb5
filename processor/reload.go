package processor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/tracehook/tracehook/processor/internal/connection"
	"github.com/tracehook/tracehook/processor/internal/ledger"
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
	t := f.newTransition(f.conns.Load(), conns)
	if err := t.open(ctx); err != nil {
		return errors.Join(err, f.undo(ctx, t))
	}
	if !f.commit(t) {
		return errors.Join(ErrShutdown, f.undo(ctx, t))
	}
	f.reloadHold()       // before anything is drained, and without the lock: it hands spans over
	f.report.reloaded(t) //nolint:contextcheck // a log line about the past can't be canceled
	for _, c := range t.removed {
		f.drain(c) //nolint:contextcheck // outlives the reload, within its own time
	}
	f.keepOpening(t) //nolint:contextcheck // outlives the reload
	return f.openLate(ctx, t)
}

// keepOpening goes on trying to open what can't be opened now.
func (f *Fanout) keepOpening(t *transition) {
	for c, err := range t.shut {
		f.report.notOpen(c, err)
		go func() {
			defer f.background.Done()
			if c.KeepOpening() {
				f.report.opened(c)
			}
		}()
	}
}

// Unopened returns an error for each connection that has no exporter, in the order of the list: it
// waits for something, and collects meanwhile.
func (f *Fanout) Unopened() []error {
	list := f.conns.Load()
	if list == nil || list.closed {
		return nil
	}
	var errs []error
	for i := range list.members {
		if err := list.members[i].conn.NotOpen(); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// open opens what needn't wait for another connection.
func (t *transition) open(ctx context.Context) error {
	var errs []error
	for _, c := range t.fresh {
		if len(t.waits[c]) > 0 {
			continue
		}
		err := c.Open(ctx)
		switch {
		case err == nil:
		case c.Waits(err):
			t.shut[c] = err
		default:
			errs = append(errs, fmt.Errorf("connection %q: %w", c.Name(), err))
		}
	}
	return errors.Join(errs...)
}

// undo shuts down what open has opened. The connections hold their tokens. An exporter that
// ignores its context is left behind, with what it claims.
func (f *Fanout) undo(ctx context.Context, t *transition) error {
	err := each(t.fresh, func(c *connection.Connection) error { return c.Discard(ctx) })
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range t.fresh {
		f.keepHung(c)
	}
	maps.DeleteFunc(f.ledgers, func(_ string, l *ledger.Ledger) bool { return !l.WasUsed() })
	return err
}

// keepHung remembers c if its exporter still has what it claims. The caller holds mu.
func (f *Fanout) keepHung(c *connection.Connection) {
	select {
	case <-c.Released():
	default:
		f.hung[c] = struct{}{}
	}
}

// commit puts the new list in force, unless Shutdown has come first.
func (f *Fanout) commit(t *transition) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.shut {
		return false
	}
	names := make(map[string]*connection.Connection, len(t.members))
	for i := range t.members {
		names[t.members[i].conn.Name()] = t.members[i].conn
	}
	for _, c := range t.fresh {
		c.Begin()
		switch {
		case t.shut[c] != nil, len(t.waits[c]) > 0:
			f.background.Add(1) // of keepOpening or openLate
		default:
			c.HandBack()
		}
	}
	for _, c := range t.removed {
		c.Succeed(names[c.Name()])
		f.draining[c] = struct{}{}
		f.background.Add(1) // of drain
	}
	dropped := f.options.Notes.Dropped()
	for i := range t.members {
		t.members[i].ledger.Head.Enter(dropped)
	}
	for _, c := range t.removed {
		if names[c.Name()] == nil {
			c.Account().Ledger().Head.Leave(dropped)
		}
	}
	list := newConnections(t.members)
	f.countEarly(list)
	f.retire(list, names)
	f.conns.Store(list)
	return true
}

// countEarly hands what has ended so far to list, if it has the first connections. The caller holds
// mu.
func (f *Fanout) countEarly(list *connections) {
	before := f.conns.Load()
	early := &ledger.Counter{}
	switch {
	case !f.options.CountEarly, before != nil && before.early == nil:
		return
	case before != nil:
		early = before.early
	}
	if len(list.members) == 0 {
		list.early = early
	}
	for i := range list.members {
		list.members[i].ledger.CountEarly(early)
	}
}

// drain shuts a removed connection down in the background.
func (f *Fanout) drain(c *connection.Connection) {
	go func() {
		defer f.background.Done()
		ctx, cancel := context.WithTimeout(f.drains, f.options.DrainTimeout)
		defer cancel()
		err := c.Shutdown(ctx)
		f.mu.Lock()
		delete(f.draining, c)
		f.keepHung(c)
		f.mu.Unlock()
		f.report.drained(c, err)
	}()
}

// openLate opens connections that claim what others had, after those have let go of it.
func (f *Fanout) openLate(ctx context.Context, t *transition) error {
	ctx, cancel := context.WithTimeout(ctx, f.options.DrainTimeout)
	defer cancel()
	var (
		group sync.WaitGroup
		late  = slices.SortedFunc(maps.Keys(t.waits), func(a, b *connection.Connection) int { return strings.Compare(a.Name(), b.Name()) })
		errs  = make([]error, len(late))
	)
	for i, c := range late {
		result := make(chan error, 1)
		go func() {
			defer f.background.Done()
			result <- c.OpenAfter(t.waits[c])
		}()
		group.Go(func() {
			var err error
			select {
			case err = <-result:
			case <-ctx.Done():
				err = fmt.Errorf("waiting for %s, which its predecessor still has: %w",
					strings.Join(c.Claims(), ", "), ctx.Err())
			}
			if err != nil {
				errs[i] = fmt.Errorf("connection %q: %w: %w", c.Name(), ErrNotOpened, err)
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}
