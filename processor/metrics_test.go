package processor_test

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// collect returns every data point that isn't zero, by instrument and attributes.
func collect(t *testing.T, r *sdkmetric.ManualReader) map[string]int64 {
	t.Helper()
	var rm metricdata.ResourceMetrics
	if err := r.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	out := make(map[string]int64)
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok {
				t.Fatalf("%s is a %T", m.Name, m.Data)
			}
			for _, p := range sum.DataPoints {
				if p.Value != 0 {
					enc := attribute.DefaultEncoder()
					out[m.Name+" "+p.Attributes.Encoded(enc)] = p.Value
				}
			}
		}
	}
	return out
}

func TestMetricsTellTheLedgerByConnection(t *testing.T) {
	t.Parallel()
	r := sdkmetric.NewManualReader()
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(r))
	hang := make(chan struct{})
	f := open(t, processor.Options{MeterProvider: mp},
		processor.ConnectionConfig{Name: "good", Open: processortest.New().Open},
		processor.ConnectionConfig{Name: "bad", Open: processortest.New(
			processortest.Step{Err: errors.New("no")}, processortest.Step{Hang: hang, Deaf: true}).Open, QueueSize: 18, BatchSize: 10})
	end(f, 1, 11)
	_ = f.ForceFlush(t.Context())
	end(f, 11, 31)
	eventually(t, "the second export hangs", func() bool {
		return f.Stats().Connections["good"].Pending == 0 && f.Stats().Connections["bad"].Pending == 18
	})
	comp := func(name string) string {
		return "otel.component.name=" + name + ",otel.component.type=tracehook_connection"
	}
	want := map[string]int64{
		"otel.sdk.processor.span.queue.capacity " + comp("good"):                  16384,
		"otel.sdk.processor.span.queue.capacity " + comp("bad"):                   18,
		"otel.sdk.processor.span.queue.size " + comp("bad"):                       18,
		"otel.sdk.processor.span.processed " + comp("good"):                       30,
		"otel.sdk.processor.span.processed " + comp("bad"):                        10,
		"otel.sdk.processor.span.processed error.type=queue_full," + comp("bad"):  2,
		"otel.sdk.exporter.span.exported " + comp("good"):                         30,
		"otel.sdk.exporter.span.exported error.type=export_failed," + comp("bad"): 10,
		"otel.sdk.exporter.span.inflight " + comp("bad"):                          10,
	}
	if diff := cmp.Diff(want, collect(t, r)); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
	close(hang)
	_ = mustOnlyLose(t, f.Shutdown(t.Context()))
	if got := collect(t, r); len(got) != 0 {
		t.Errorf("after Shutdown there are still metrics: %v", slices.Sorted(maps.Keys(got)))
	}
}

// brokenProvider makes instruments that can't be made.
type brokenProvider struct {
	noop.MeterProvider
	mode string
}

type brokenMeter struct {
	noop.Meter
	mode string
}

func (p brokenProvider) Meter(string, ...metric.MeterOption) metric.Meter {
	if p.mode == "no meter" {
		return nil
	}
	return brokenMeter{mode: p.mode}
}

func (m brokenMeter) Int64ObservableCounter(name string, _ ...metric.Int64ObservableCounterOption) (metric.Int64ObservableCounter, error) {
	if m.mode == "no instrument" {
		return nil, fmt.Errorf("%s: too many instruments", name)
	}
	return noop.Int64ObservableCounter{}, nil
}

func (brokenMeter) RegisterCallback(metric.Callback, ...metric.Observable) (metric.Registration, error) {
	return nil, errors.New("no callbacks here")
}

func TestMeterProviderThatFailsIsAnErrorAndNothingStaysOpen(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]string{
		"no meter":      "metrics: the meter provider panicked",
		"no instrument": "metrics: otel.sdk.processor.span.processed: too many instruments",
		"no callback":   "metrics: no callbacks here",
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			e := processortest.New()
			_, err := processor.New(t.Context(), processor.Options{MeterProvider: brokenProvider{mode: mode}},
				processor.ConnectionConfig{Name: "c", Open: e.Open})
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
			if e.Shutdowns() != 1 {
				t.Errorf("the exporter was shut down %d times, want 1", e.Shutdowns())
			}
		})
	}
}

// stubborn is a MeterProvider whose callback can't be unregistered.
type stubborn struct {
	noop.MeterProvider
	unregister func() error
}

func (s stubborn) Meter(string, ...metric.MeterOption) metric.Meter { return stubbornMeter{s: s} }

type stubbornMeter struct {
	noop.Meter
	s stubborn
}

func (m stubbornMeter) RegisterCallback(metric.Callback, ...metric.Observable) (metric.Registration, error) {
	return stubbornRegistration{unregister: m.s.unregister}, nil
}

type stubbornRegistration struct {
	noop.Registration
	unregister func() error
}

func (r stubbornRegistration) Unregister() error { return r.unregister() }

func TestMeterProviderThatKeepsItsCallbackDoesNotKeepShutdownFromEnding(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		unregister func(hang <-chan struct{}) error
		want       string
	}{
		"error":     {func(<-chan struct{}) error { return errors.New("no such callback") }, "metrics: unregister: no such callback"},
		"panic":     {func(<-chan struct{}) error { panic("no") }, "metrics: unregister: the meter provider panicked: no"}, //nolint:forbidigo // this is what it is for
		"goroutine": {func(<-chan struct{}) error { runtime.Goexit(); return nil }, "metrics: unregister: the meter provider ended the goroutine"},
		"hang":      {func(hang <-chan struct{}) error { <-hang; return nil }, "metrics: unregister: the meter provider has not returned"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				hang := make(chan struct{})
				defer close(hang)
				e := processortest.New()
				f := open(t, processor.Options{MeterProvider: stubborn{unregister: func() error { return c.unregister(hang) }}},
					processor.ConnectionConfig{Name: "c", Open: e.Open})
				end(f, 1, 2)
				err := f.Shutdown(t.Context()) // it has no deadline
				if err == nil || err.Error() != c.want {
					t.Errorf("got %v, want %s", err, c.want)
				}
				if again := f.Shutdown(t.Context()); fmt.Sprint(again) != c.want {
					t.Errorf("the second Shutdown returned %v", again)
				}
				if len(e.Exported()) != 1 || e.Shutdowns() != 1 {
					t.Errorf("%d spans were exported, the exporter was shut down %d times", len(e.Exported()), e.Shutdowns())
				}
			})
		})
	}
}
