package exportertest

import (
	"context"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/report"
	"github.com/tracehook/tracehook/processor"
)

// behindFanout exports through a connection, as an application does, and compares its account with what
// the exporter says and the destination has.
func behindFanout(r *run) {
	spans := append(r.spans(), Many(300)...)
	e := r.New(r)
	c, err := r.connection(e, spans, r.Patience/2)
	if err != nil {
		r.problem("behind a Fanout: %w", err)
	}
	if c.Failed+c.Abandoned+c.Dead+c.Expired > 0 {
		r.problem("behind a Fanout, a working exporter has %d spans failed, %d abandoned, %d dead and %d expired",
			c.Failed, c.Abandoned, c.Dead, c.Expired)
	}
	if delivered := c.Exported + c.Replayed; delivered+c.SpoolPending != int64(len(spans)) {
		r.problem("behind a Fanout, %d of %d spans count as delivered, and %d as waiting in the spool", delivered, len(spans), c.SpoolPending)
	} else {
		r.expect(e, int(delivered))
	}
}

// failingBehindFanout does the same with a destination that takes nothing.
func failingBehindFanout(r *run) {
	if r.Failing == nil {
		return
	}
	spans := Many(40)
	c, err := r.connection(r.Failing(r), spans, r.Patience/20) // spans may wait for a destination that takes nothing
	if c.Exported+c.Replayed > 0 {
		r.problem("behind a Fanout, %d spans count as delivered to a destination that fails", c.Exported+c.Replayed)
	}
	if err == nil && c.Failed+c.Abandoned+c.Dropped.Total() > 0 {
		r.problem("behind a Fanout, %d spans were lost and no error says so", c.Failed+c.Abandoned)
	}
}

// connection exports spans behind a Fanout and returns its account at the end, which has to add up. It has
// so much time to flush and so much to shut down.
func (r *run) connection(e sdktrace.SpanExporter, spans []sdktrace.ReadOnlySpan, most time.Duration) (processor.Counters, error) {
	const name = "kit"
	within := func(f func(context.Context) error) func() error {
		return func() error {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), most)
			defer cancel()
			return f(ctx)
		}
	}
	fan, err := processor.New(r.Context(), processor.Options{}, processor.ConnectionConfig{
		Name: name, QueueSize: len(spans), BatchSize: 64, Schedule: 10 * time.Millisecond, ExportTimeout: r.Patience,
		Open: func(context.Context) (sdktrace.SpanExporter, error) { return e, nil },
	})
	if err != nil {
		r.problem("behind a Fanout: %w", err)
		return processor.Counters{}, err
	}
	for _, s := range spans {
		fan.OnEnd(s)
	}
	failed := r.call("ForceFlush of a Fanout", within(fan.ForceFlush))
	if err := r.call("Shutdown of a Fanout", within(fan.Shutdown)); err != nil {
		failed = err
	}
	c := fan.Stats().Connections[name]
	if dropped := c.Dropped.Total(); c.Offered != int64(len(spans)) || c.Offered != c.Accepted+dropped {
		r.problem("behind a Fanout, %d spans were offered, %d accepted and %d dropped, of %d", c.Offered, c.Accepted, dropped, len(spans))
	}
	if c.Accepted != c.Pending+c.Abandoned+c.Exported+c.Failed+c.Spooled {
		r.problem("behind a Fanout, of %d accepted spans %d are pending, %d abandoned, %d exported, %d failed and %d spooled",
			c.Accepted, c.Pending, c.Abandoned, c.Exported, c.Failed, c.Spooled)
	}
	// An account derives from others what doesn't add up: here the exporter's own word counts.
	if n := report.SpoolOf(e).Counts(); n.Inherited+c.Spooled != n.Pending+n.Replayed+n.Dead+n.Expired {
		r.problem("SpoolCounts don't add up: of %d inherited and %d spooled spans %d wait, %d were replayed, %d are dead and %d expired",
			n.Inherited, c.Spooled, n.Pending, n.Replayed, n.Dead, n.Expired)
	}
	return c.Counters, failed
}
