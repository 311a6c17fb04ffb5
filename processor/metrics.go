package processor

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/tracehook/tracehook/internal/safecall"
)

// scopeName is the instrumentation scope of the metrics.
const scopeName = "github.com/tracehook/tracehook/processor"

// instruments have the names of OpenTelemetry's semantic conventions for SDK metrics.
type instruments struct {
	queueSize, queueCapacity, inflight metric.Int64ObservableUpDownCounter
	processed, exported                metric.Int64ObservableCounter
	held                               metric.Int64ObservableUpDownCounter
	decided                            metric.Int64ObservableCounter
}

// observe registers the numbers of Stats with mp; nil does nothing.
func (f *Fanout) observe(mp metric.MeterProvider) error {
	if mp == nil {
		return nil
	}
	m := mp.Meter(scopeName)
	var in instruments
	var errs [7]error
	in.queueSize, errs[0] = m.Int64ObservableUpDownCounter("otel.sdk.processor.span.queue.size",
		metric.WithUnit("{span}"), metric.WithDescription("The number of spans that wait or are being exported."))
	in.queueCapacity, errs[1] = m.Int64ObservableUpDownCounter("otel.sdk.processor.span.queue.capacity",
		metric.WithUnit("{span}"), metric.WithDescription("The number of spans that may wait or be exported at once."))
	in.inflight, errs[2] = m.Int64ObservableUpDownCounter("otel.sdk.exporter.span.inflight",
		metric.WithUnit("{span}"), metric.WithDescription("The number of spans in exports that have not returned."))
	in.processed, errs[3] = m.Int64ObservableCounter("otel.sdk.processor.span.processed",
		metric.WithUnit("{span}"), metric.WithDescription("The number of spans that were accepted and exported or lost, or dropped (error.type)."))
	in.exported, errs[4] = m.Int64ObservableCounter("otel.sdk.exporter.span.exported",
		metric.WithUnit("{span}"), metric.WithDescription("The number of spans whose export has finished, successfully or not (error.type)."))
	in.held, errs[5] = m.Int64ObservableUpDownCounter("tracehook.processor.span.held",
		metric.WithUnit("{span}"), metric.WithDescription("The number of spans that wait for the decision about their trace."))
	in.decided, errs[6] = m.Int64ObservableCounter("tracehook.processor.trace.decided",
		metric.WithUnit("{trace}"), metric.WithDescription("The number of local parts of traces that were decided about, by why then (tracehook.cause)."))
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	reg, err := m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		f.tell(&in, o)
		return nil
	}, in.queueSize, in.queueCapacity, in.inflight, in.processed, in.exported, in.held, in.decided)
	if err != nil {
		return err
	}
	f.metrics = reg
	return nil
}

// unregister ends what observe began, which is foreign code.
func (f *Fanout) unregister(ctx context.Context) error {
	if f.metrics == nil {
		return nil
	}
	if err := askMeterProvider(ctx, f.metrics.Unregister); err != nil {
		return fmt.Errorf("metrics: unregister: %w", err)
	}
	return nil
}

// askMeterProvider calls do, which calls foreign code, and waits for it until ctx ends.
func askMeterProvider(ctx context.Context, do func() error) error {
	err, returned := safecall.Await(ctx, safecall.Go("the meter provider", do))
	if !returned {
		return errors.New("the meter provider has not returned")
	}
	return err
}

// tell gives every connection's numbers to o.
func (f *Fanout) tell(in *instruments, o metric.Observer) {
	st := f.Stats()
	list := f.conns.Load()
	for i := range list.members {
		l := list.members[i].ledger
		in.tell(o, l.Name, st.Connections[l.Name], l.Inflight.Load())
	}
	for _, l := range list.retired {
		in.tell(o, l.Name, st.Retired[l.Name], l.Inflight.Load())
	}
	in.tell(o, OtherRetired, st.Retired[OtherRetired], 0)
}

// tell gives a connection's numbers to o; nil has none.
func (in *instruments) tell(o metric.Observer, name string, c *ConnectionStats, inflight int64) {
	if c == nil {
		return
	}
	for _, number := range []struct {
		of        metric.Int64Observable
		n         int64
		errorType string
	}{
		{in.queueSize, c.QueueLen, ""},
		{in.queueCapacity, c.QueueCap, ""},
		{in.inflight, inflight, ""},
		{in.processed, c.Exported + c.Failed + c.Spooled, ""},
		{in.processed, c.Dropped.QueueFull, "queue_full"},
		{in.processed, c.Dropped.Closed, "already_shutdown"},
		{in.processed, c.Dropped.Recursion, "recursion"},
		{in.exported, c.Exported + c.Replayed, ""},
		{in.exported, c.Failed, "export_failed"},
		{in.exported, c.Dead, "spool_dead"},
		{in.exported, c.Expired, "spool_expired"},
	} {
		attrs := []attribute.KeyValue{
			attribute.String("otel.component.name", name),
			attribute.String("otel.component.type", "tracehook_connection"),
		}
		if number.errorType != "" {
			attrs = append(attrs, attribute.String("error.type", number.errorType))
		}
		o.ObserveInt64(number.of, number.n, metric.WithAttributes(attrs...))
	}
	in.tellTraces(o, name, c)
}

// tellTraces gives the numbers of a connection that wants whole traces, or has wanted them.
func (in *instruments) tellTraces(o metric.Observer, name string, c *ConnectionStats) {
	if c.TracesDecided == 0 && c.Held == 0 {
		return
	}
	component := attribute.String("otel.component.name", name)
	o.ObserveInt64(in.held, c.Held, metric.WithAttributes(component))
	e := c.TracesEarly
	for cause, n := range map[string]int64{
		"complete": c.TracesDecided - e.Total(), "wait": e.Wait, "size": e.Size, "memory": e.Memory, "reload": e.Reload, "shutdown": e.Shutdown,
	} {
		o.ObserveInt64(in.decided, n, metric.WithAttributes(component, attribute.String("tracehook.cause", cause)))
	}
}
