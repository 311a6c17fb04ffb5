package processor

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/report"
)

// reopenInterval is the time between two attempts to open a connection.
const reopenInterval = time.Second

// open makes the exporter. The caller holds the token.
func (c *conn) open(ctx context.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("open: the driver panicked: %v", r)
		}
		if err != nil {
			b := shorten(err)
			c.openErr.Store(b)
			err = b
		}
		c.reopen = time.Now().Add(reopenInterval)
	}()
	if c.cfg.Open == nil {
		return errors.New("open: there is no function that makes its exporter")
	}
	e, err := c.cfg.Open(ctx)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	if isNil(e) {
		return errors.New("open: the driver returned neither an exporter nor an error")
	}
	o := &opened{e, report.SpoolOf(e)}
	if c.cfg.Overflow == OverflowSpool && !o.spool.CanSpool() {
		return errors.Join(fmt.Errorf("overflow %q needs an exporter with a spool, and %T has none: "+
			"give the connection a spool, or use drop, block or sync", OverflowSpool, e), e.Shutdown(ctx))
	}
	c.exporter.Store(o)
	c.acct.opened(c)
	return nil
}

// use returns the exporter. One that could not be opened is tried again, now and then. The
// caller holds the token.
func (c *conn) use(ctx context.Context) (sdktrace.SpanExporter, error) {
	if e := c.exporter.Load(); e != nil {
		return e.SpanExporter, nil
	}
	if time.Now().After(c.reopen) {
		_ = c.open(ctx) // kept in openErr
	}
	if e := c.exporter.Load(); e != nil {
		return e.SpanExporter, nil
	}
	if err := c.openErr.Load(); err != nil {
		return nil, err
	}
	return nil, errRefused // shut down before it was opened
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
