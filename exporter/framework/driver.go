package framework

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
)

// connection is what a driver's Connect returns, but for Write, whose spans are a type of the
// framework.
type connection interface {
	Open() error
	Close() error
}

// Driver adapts a driver of the framework's kind:
//
//	Connect(*Instance) (Connection, error)
//	Connection: Open() error, Close() error, Write(...Span) error
//
// Instance gets Name, Config and Setting, as far as it has such fields. A Span gets what its fields
// are called, by their json tags, in the framework's units: nanoseconds, the words ok and fail. Its
// connections write in batches, drop when their queue is full unless they say otherwise, and have no
// spool. A connection is opened with its exporter and closed with it. Connect and Open take no context,
// so that a driver that hangs there is waited for [openPatience]; the connection is tried again then,
// which takes what the first call returns at last. The error of a value without
// that method is [errors.ErrUnsupported].
func Driver(value any) (exporter.Driver, error) {
	s, err := shapeOf(value)
	if err != nil {
		return exporter.Driver{}, err
	}
	return exporter.Driver{Network: true, New: s.connect}, nil
}

// shape is what reflection has found out about a driver.
type shape struct {
	connectTo reflect.Value // the method Connect
	instance  reflect.Type

	mu      sync.Mutex
	pending map[string]chan result // of connections whose Connect or Open has not returned
}

// result is what connecting has come to.
type result struct {
	*connected
	err error
}

// openPatience is how long Connect and Open of a driver are waited for.
const openPatience = 3 * time.Second

var errorType = reflect.TypeFor[error]() //nolint:gochecknoglobals // a constant

func shapeOf(value any) (*shape, error) {
	if value == nil {
		return nil, fmt.Errorf("the driver is nil: %w", errors.ErrUnsupported)
	}
	m := reflect.ValueOf(value).MethodByName("Connect")
	if !m.IsValid() {
		return nil, fmt.Errorf("a %T has no method Connect: %w", value, errors.ErrUnsupported)
	}
	t := m.Type()
	ok := t.NumIn() == 1 && t.NumOut() == 2 && t.Out(1) == errorType &&
		t.In(0).Kind() == reflect.Pointer && t.In(0).Elem().Kind() == reflect.Struct
	if ok {
		_, ok = t.In(0).Elem().FieldByName("Setting")
	}
	if !ok {
		return nil, fmt.Errorf("method Connect of a %T is %v, want func(*Instance) (Connection, error): %w", value, t, errors.ErrUnsupported)
	}
	return &shape{connectTo: m, instance: t.In(0).Elem()}, nil
}

func (s *shape) connect(ctx context.Context, settings exporter.Settings) (sdktrace.SpanExporter, error) {
	name := settings.Connection
	s.mu.Lock()
	done := s.pending[name]
	if done == nil {
		done = make(chan result, 1)
		if s.pending == nil {
			s.pending = make(map[string]chan result)
		}
		s.pending[name] = done
		go s.call(settings, done)
	}
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	select {
	case r := <-done:
		s.mu.Lock()
		delete(s.pending, name)
		s.mu.Unlock()
		if r.err != nil {
			return nil, r.err
		}
		return r.connected, nil
	case <-ctx.Done():
		return nil, errors.New("connect: the driver has not returned from Connect or Open yet")
	}
}

// call connects and opens, on a goroutine of its own, and hands over what that has come to.
func (s *shape) call(settings exporter.Settings, done chan<- result) {
	r := result{err: errors.New("connect: the driver ended its goroutine")}
	defer func() {
		if v := recover(); v != nil {
			r = result{err: fmt.Errorf("connect: the driver panicked: %v", v)}
		}
		done <- r
	}()
	r.connected, r.err = s.open(settings)
}

func (s *shape) open(settings exporter.Settings) (*connected, error) {
	instance := reflect.New(s.instance)
	fill(instance.Elem(), map[string]any{"Name": settings.Connection, "Setting": settings.Setting})
	if cfg := instance.Elem().FieldByName("Config"); cfg.IsValid() && cfg.Kind() == reflect.Struct {
		fill(cfg, map[string]any{
			"Driver": settings.Driver, "Json": settings.JSON, "Flag": settings.Flag, "Format": settings.Format,
			"Setting": settings.Setting, "Sample": 1.0, "Fields": fieldsOf(settings),
		})
	}
	out := s.connectTo.Call([]reflect.Value{instance})
	if err, _ := reflect.TypeAssert[error](out[1]); err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	conn, ok := reflect.TypeAssert[connection](out[0])
	if !ok {
		return nil, fmt.Errorf("connect: a %T is no connection with methods Open, Close and Write", out[0].Interface())
	}
	write, err := newWriter(conn, settings)
	if err != nil {
		return nil, err
	}
	if err := conn.Open(); err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	return &connected{conn: conn, writer: write}, nil
}

// fieldsOf returns the field mapping as the framework has it: source to target.
func fieldsOf(s exporter.Settings) any {
	if s.Fields == nil {
		return nil
	}
	m := make(map[string]any, len(s.Fields))
	for _, f := range s.Fields {
		m[f.Source] = f.Target
	}
	return m
}

// fill sets the fields of v that exist and fit.
func fill(v reflect.Value, values map[string]any) {
	for name, value := range values {
		f, x := v.FieldByName(name), reflect.ValueOf(value)
		if f.IsValid() && f.CanSet() && x.IsValid() && x.Type().AssignableTo(f.Type()) {
			f.Set(x)
		}
	}
}

// connected is an open connection.
type connected struct {
	conn   connection
	writer *writer
	closed bool
}

// ExportSpans implements [sdktrace.SpanExporter].
func (c *connected) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	if c.closed || len(spans) == 0 {
		return nil
	}
	return c.writer.write(spans)
}

// Shutdown implements [sdktrace.SpanExporter].
func (c *connected) Shutdown(context.Context) error {
	if c.closed {
		return nil
	}
	c.closed = true
	return c.conn.Close()
}
