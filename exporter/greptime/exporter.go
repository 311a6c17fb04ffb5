package greptime

import (
	"context"
	"errors"
	"fmt"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/spool"
)

// New returns an exporter that writes spans into one table of a GreptimeDB. It connects to nothing
// yet: a GreptimeDB that is down doesn't keep a process from starting. Spans whose start isn't
// known, or doesn't fit into 63 bits of nanoseconds, count as failed. Tables of spans only grow, so
// a GreptimeDB may have twice what was sent again.
func New(ctx context.Context, o Options) (*delivery.Exporter, error) {
	o.fill()
	if err := o.check(); err != nil {
		return nil, err
	}
	encode, err := newEncoder(&o)
	if err != nil {
		return nil, err
	}
	transport, err := delivery.Renewing(o.open, o.Logger, o.TokenFile, o.HeadersFile, o.TLSFiles.CA, o.TLSFiles.Cert, o.TLSFiles.Key)
	if err != nil {
		return nil, err
	}
	o.warn()
	return delivery.New(ctx, delivery.Config{
		Driver: "greptime", Target: delivery.Place(o.URL) + " table " + o.Database + "." + o.Table,
		Transport: transport, Encode: guarded(encode),
		Options: delivery.Options{Logger: o.Logger, Backoff: o.Backoff, Timeout: o.Timeout, Budget: o.Budget, Once: o.Once, MaxBytes: o.MaxRequestBytes, Cutter: o.cutter()},
	}), nil
}

// NewSpooled returns an exporter with a spool, which it opens and owns. Where Options.Budget
// is 0, it is 2 s here.
//
// A file of the spool is an OTLP request, with the extension .otlp, or, with the extension
// .rows, a GreptimeRequest of GreptimeDB's gRPC protocol without its header. Neither holds
// credentials, nor the name of the database.
func NewSpooled(ctx context.Context, o Options, keep spool.Options) (*spool.Exporter, error) {
	if o.Budget <= 0 {
		o.Budget = delivery.SpooledBudget
	}
	e, err := New(ctx, o)
	if err != nil {
		return nil, err
	}
	if o.rows() {
		keep.Kind = "rows"
	}
	o.fill()
	keep.Origin = delivery.Place(o.URL)
	return spool.NewExporter(ctx, e, keep)
}

// encoder turns spans into the body of a request.
type encoder func(spans []sdktrace.ReadOnlySpan) ([]byte, error)

func newEncoder(o *Options) (encoder, error) {
	if !o.rows() {
		return encodeTraces(o), nil
	}
	rows, err := newRowEncoder(o)
	if err != nil {
		return nil, err
	}
	return rows.encode, nil
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
	secure := strings.HasPrefix(o.URL, "https") || strings.HasPrefix(o.URL, "grpcs")
	if (o.Username != "" || o.TokenFile != "" || o.HeadersFile != "") && !secure && !o.meant && delivery.Exposed(o.URL) {
		o.Logger.Warn("credentials go to GreptimeDB on another host without TLS, where others can read them: set tls = true, or insecure = true to say that it is meant")
	}
	if o.rows() {
		o.Logger.Info("spans go to GreptimeDB as rows: its Jaeger API and trace views don't know this table",
			"table", o.Table)
	}
}
