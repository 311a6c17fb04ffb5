package greptime

import (
	"context"
	"errors"
	"fmt"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/report"
)

// Exporter writes spans into one table of a GreptimeDB. Its methods are safe for concurrent
// use.
type Exporter struct {
	encoder func(spans []sdktrace.ReadOnlySpan) ([]byte, error)
	out     *delivery.Outlet
}

// New returns an exporter. It connects to nothing yet: a GreptimeDB that is down doesn't keep
// a process from starting.
func New(ctx context.Context, o Options) (*Exporter, error) {
	o.fill()
	if err := o.check(); err != nil {
		return nil, err
	}
	e := &Exporter{}
	var transport delivery.Transport
	var err error
	if o.rows() {
		var rows *rowEncoder
		if rows, err = newRowEncoder(&o); err != nil {
			return nil, err
		}
		e.encoder = rows.encode
		transport, err = newRowTransport(&o)
	} else {
		e.encoder = encodeTraces(&o)
		transport, err = newTraceTransport(&o)
	}
	if err != nil {
		return nil, err
	}
	o.warn()
	e.out = delivery.New(ctx, transport, delivery.Options{
		Logger: o.Logger, Backoff: o.Backoff, Timeout: o.Timeout, Budget: o.Budget, Once: o.Once,
	}, delivery.Place(o.URL)+" table "+o.Database+"."+o.Table)
	return e, nil
}

// check reports what [FromSettings] would have reported by key.
func (o *Options) check() error {
	errs := []error{checkURL(o.URL)}
	if err := checkDatabase(o.Database); err != nil {
		errs = append(errs, fmt.Errorf("database: %w", err))
	}
	if err := checkTable(o.Table); err != nil {
		errs = append(errs, fmt.Errorf("table: %w", err))
	}
	for _, problem := range []string{checkUsername(o.Username), checkPassword(o.Username, o.Password)} {
		if problem != "" {
			errs = append(errs, errors.New(problem))
		}
	}
	if err := checkTTL(o.TTL); err != nil {
		errs = append(errs, fmt.Errorf("ttl: %w", err))
	}
	if err := checkPartitions(o.Partitions); err != nil {
		errs = append(errs, err)
	}
	if o.Columns != nil && !o.rows() {
		errs = append(errs, errors.New("OTLP can't rename columns: write grpc:// instead of http://, with GreptimeDB's gRPC port"))
	}
	return errors.Join(errs...)
}

// warn logs, once, what works but may surprise.
func (o *Options) warn() {
	if catalog, schema, ok := strings.Cut(o.Database, "-"); ok {
		o.Logger.Warn("GreptimeDB reads a database name with a dash as catalog and schema",
			"database", o.Database, "catalog", catalog, "schema", schema)
	}
	if o.rows() {
		o.Logger.Info("spans go to GreptimeDB as rows: its Jaeger API and trace views don't know this table",
			"table", o.Table)
	}
}

// ExportSpans writes spans and returns nil or a [*report.Result]. It blocks until they are
// stored, given up or spooled, and returns soon after ctx is done. Spans whose start isn't
// known, or doesn't fit into 63 bits of nanoseconds, count as failed. After Shutdown it
// returns nil and does nothing.
func (e *Exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	sound, dropped := guard(spans)
	err := e.out.Export(ctx, e.encode(sound))
	if errors.Is(err, delivery.ErrShutdown) {
		return nil
	}
	return without(dropped, len(sound), err)
}

// encode returns the work of one export.
func (e *Exporter) encode(spans []sdktrace.ReadOnlySpan) func(context.Context, delivery.Deliver) error {
	return func(ctx context.Context, deliver delivery.Deliver) error {
		if len(spans) == 0 {
			return nil
		}
		body, err := e.encoder(spans)
		if err != nil {
			return &report.Result{Failed: len(spans), Err: fmt.Errorf("encoding for %s: %w", e.out.Target(), err)}
		}
		return deliver(ctx, delivery.Batch{Body: body, Spans: len(spans)})
	}
}

// Resent returns how many spans were sent again after an attempt whose answer was lost. Tables
// of spans only grow, so GreptimeDB may have them twice.
func (e *Exporter) Resent() int64 { return e.out.Resent() }

// Shutdown ends running exports, which then fail or go to the spool, and closes the
// connections. It returns soon after ctx is done. Later calls return the same result.
func (e *Exporter) Shutdown(ctx context.Context) error { return e.out.Shutdown(ctx) }

// String returns the destination, without secrets.
func (e *Exporter) String() string { return "greptime " + e.out.Target() }

// MarshalLog returns what a log may say about e.
func (e *Exporter) MarshalLog() any {
	return struct{ Type, Target string }{Type: "greptime", Target: e.out.Target()}
}
