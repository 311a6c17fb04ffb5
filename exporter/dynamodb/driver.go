package dynamodb

import (
	"context"
	"log/slog"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/spool"
)

// Driver returns the driver "dynamodb". Its exporters are [*delivery.Exporter] values, or
// [*spool.Exporter] ones where the connection has a spool.
func Driver() exporter.Driver { return spool.Driver(FromSettings, New, NewSpooled) }

// New returns an exporter that writes spans into one table. It connects to nothing yet: a table that is
// away doesn't keep a process from starting.
func New(ctx context.Context, o Options) (*delivery.Exporter, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxRequestBytes <= 0 {
		o.MaxRequestBytes = delivery.DefaultMaxBytes
	}
	c, err := o.newCodec()
	if err != nil {
		return nil, err
	}
	open := func() (delivery.Transport, error) { return openTable(ctx, o, c.keys) }
	transport, err := delivery.Renewing(open, o.Logger, o.files()...)
	if err != nil {
		return nil, err
	}
	if o.exposed() {
		o.Logger.WarnContext(ctx, "spans go to another host without TLS, where others can read them: write https://")
	}
	return delivery.New(ctx, delivery.Config{
		Driver: "dynamodb", Target: o.place(), Transport: transport, Encode: c.encode,
		Options: delivery.Options{
			Logger: o.Logger, Backoff: o.Backoff, Timeout: o.Timeout, Budget: o.Budget, Once: o.Once,
			MaxBytes: o.MaxRequestBytes, Cutter: lineCutter{},
		},
	}), nil
}

// NewSpooled returns an exporter with a spool, which it opens and owns.
func NewSpooled(ctx context.Context, o Options, keep spool.Options) (*spool.Exporter, error) {
	if o.Budget <= 0 {
		o.Budget = delivery.SpooledBudget
	}
	e, err := New(ctx, o)
	if err != nil {
		return nil, err
	}
	keep.Kind, keep.Origin = "items", o.origin()
	return spool.NewExporter(ctx, e, keep)
}
