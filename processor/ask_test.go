package processor_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// deafSpool hangs, panics or ends its goroutine when it is asked for numbers, if misbehave does.
type deafSpool struct {
	*processortest.Exporter
	misbehave func()
}

func (s deafSpool) SpoolCounts() (pending, replayed, dead, expired int64) {
	s.misbehave()
	return 3, 0, 0, 0
}

func (deafSpool) SpoolInherited() int64 { return 3 }

func (s deafSpool) Resent() int64 {
	s.misbehave()
	return 1
}

func (s deafSpool) Barred() error {
	s.misbehave()
	return errors.New("401")
}

func (deafSpool) Admit(context.Context) bool { return false }

// TestExporterThatHangsWhenAskedDelaysNobody reads all numbers of such an exporter.
func TestExporterThatHangsWhenAskedDelaysNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		hangs := false
		e := deafSpool{processortest.New(), func() {
			if hangs {
				<-hang
			}
		}}
		reader := sdkmetric.NewManualReader()
		f := open(t, processor.Options{MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))},
			processor.ConnectionConfig{Name: "c", Open: func(context.Context) (sdktrace.SpanExporter, error) { return e, nil }})
		st := f.Stats()
		if st.SpoolPending != 3 || st.Resent != 1 {
			t.Errorf("pending %d, resent %d; want 3, 1", st.SpoolPending, st.Resent)
		}
		hangs = true
		for what, do := range map[string]func(){
			"Stats":   func() { st = f.Stats() },
			"Health":  func() { f.Health() },
			"metrics": func() { _ = reader.Collect(t.Context(), new(metricdata.ResourceMetrics)) },
			"flush":   func() { _ = f.ForceFlush(t.Context()) },
			"reload":  func() { _ = f.Reload(t.Context()) },
		} {
			start := time.Now()
			if do(); time.Since(start) > time.Second {
				t.Errorf("%s takes %v", what, time.Since(start))
			}
		}
		if st.SpoolPending != 3 {
			t.Errorf("%d are pending, want the 3 that it has last told of", st.SpoolPending)
		}
		if err := f.Shutdown(t.Context()); err != nil {
			t.Log(err)
		}
		close(hang)
	})
}
