package connection

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/report"
	"github.com/tracehook/tracehook/internal/safecall"
)

// exporterSlot holds the exporter, and the token of whoever calls it.
type exporterSlot struct {
	token    chan struct{}
	exporter atomic.Pointer[opened]    // nil until opened
	openErr  atomic.Pointer[shortened] // of the last attempt
	retryAt  time.Time                 // guarded by token
	late     atomic.Bool               // shut the exporter down when the token comes back
	released chan struct{}             // closed when the exporter has been shut down
}

func (s *exporterSlot) load() *opened { return s.exporter.Load() }

func (c *Connection) opened() bool { return c.slot.load() != nil }

// opened is an exporter and what else it can do.
type opened struct {
	sdktrace.SpanExporter
	spool  report.Spool
	counts safecall.Asker[report.Counts]
	gate   safecall.Asker[error]
	dead   safecall.Asker[error]
}

// acquire waits for the token; false if done is closed or the connection has been shut
// down first.
func (c *Connection) acquire(done <-chan time.Time) bool {
	if c.ctx.Err() != nil {
		return false
	}
	select {
	case c.slot.token <- struct{}{}:
		if c.ctx.Err() != nil {
			c.HandBack()
			return false
		}
		return true
	case <-done:
		return false
	case <-c.ctx.Done():
		return false
	}
}

// HandBack returns the token, which lets exports begin after the opening. If the connection has
// been cut off, it uses the token for the last time instead.
func (c *Connection) HandBack() {
	<-c.slot.token
	if !c.slot.late.Load() {
		return
	}
	select {
	case c.slot.token <- struct{}{}:
		c.closeExporter(c.ctx)
	default: // somebody else does it
	}
}

// reopenInterval is the time between two attempts to open a connection.
const reopenInterval = time.Second

// Open makes the exporter. The caller holds the token, as whoever has made the connection does.
func (c *Connection) Open(ctx context.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("open: the driver panicked: %v", r)
		}
		if err != nil {
			s := shorten(err)
			c.slot.openErr.Store(s)
			err = s
		}
		c.slot.retryAt = time.Now().Add(reopenInterval)
	}()
	if c.cfg.Open == nil {
		return errors.New("open: there is no function that makes its exporter")
	}
	err = errors.New("open: the driver ended its goroutine") // which runs what is deferred, and nothing else
	e, err := c.cfg.Open(ctx)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	if isNil(e) {
		return errors.New("open: the driver returned neither an exporter nor an error")
	}
	o := &opened{SpanExporter: e, spool: report.SpoolOf(e)}
	if c.cfg.Overflow == OverflowSpool && !o.spool.CanSpool() {
		return errors.Join(fmt.Errorf("overflow %q needs an exporter with a spool, and %T has none: "+
			"give the connection a spool, or use drop, block or sync", OverflowSpool, e), e.Shutdown(ctx))
	}
	c.slot.exporter.Store(o)
	c.account.Opened()
	return nil
}

// OpenAfter opens a connection when others have released their exporters.
func (c *Connection) OpenAfter(others []*Connection) error {
	defer c.progress.note() // for those who wait to spool
	defer c.HandBack()
	for _, o := range others {
		select {
		case <-o.Released():
		case <-c.ctx.Done():
			return errRefused
		}
	}
	return c.Open(c.ctx)
}

// use returns the exporter. One that could not be opened is tried again, now and then. The
// caller holds the token.
func (c *Connection) use(ctx context.Context) (sdktrace.SpanExporter, error) {
	if c.slot.load() == nil && time.Now().After(c.slot.retryAt) {
		_ = c.Open(ctx) // kept in openErr
	}
	if e := c.slot.load(); e != nil {
		return e.SpanExporter, nil
	}
	if err := c.slot.openErr.Load(); err != nil {
		return nil, err
	}
	return nil, errRefused // shut down before it was opened
}

// awaitExporter waits while the connection waits for its predecessor: then there is neither
// an exporter nor an error.
func (c *Connection) awaitExporter() (*opened, error) {
	for c.ctx.Err() == nil {
		moved := c.progress.listen()
		e, err := c.slot.load(), c.slot.openErr.Load()
		if e == nil && err == nil {
			select {
			case <-moved:
			case <-c.ctx.Done():
			}
		}
		c.progress.ignore()
		switch {
		case e != nil:
			return e, nil
		case err != nil:
			return nil, err
		}
	}
	return nil, errRefused
}

// Spool asks the exporter what it counts itself. One that panics has no spool, and of one that hangs the
// last answer counts.
func (c *Connection) Spool() (n report.Counts) {
	e := c.slot.load()
	if e == nil || !e.spool.CanCount() {
		return n
	}
	return e.counts.Ask(e.spool.Counts)
}

// Dead asks the exporter why the last of its dead spans were refused.
func (c *Connection) Dead() error {
	e := c.slot.load()
	if e == nil {
		return nil
	}
	return e.dead.Ask(e.spool.Dead)
}

// barred asks the exporter why its destination takes nothing from us, likewise.
func (c *Connection) barred() error {
	e := c.slot.load()
	if e == nil || !e.spool.HasGate() {
		return nil
	}
	return e.gate.Ask(e.spool.Barred)
}

func (c *Connection) whyNotOpen() string {
	if err := c.slot.openErr.Load(); err != nil {
		return err.Error()
	}
	return "its predecessor has not let go of " + strings.Join(c.cfg.Claims, ", ")
}

func isNil(e sdktrace.SpanExporter) bool {
	if e == nil {
		return true
	}
	v := reflect.ValueOf(e)
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Func, reflect.Chan, reflect.Slice:
		return v.IsNil()
	default:
		return false
	}
}
