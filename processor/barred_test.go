package processor_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/report"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// barred is an exporter whose destination takes nothing until it is open. It says so late after its
// context has ended.
type barred struct {
	*processortest.Exporter
	late time.Duration
	open atomic.Bool
}

func (b *barred) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if b.open.Load() {
		return b.Exporter.ExportSpans(ctx, spans)
	}
	<-ctx.Done()
	time.Sleep(b.late)
	return &report.Result{Failed: len(spans), Err: b.Barred(), Barred: true}
}

func (b *barred) Barred() error {
	if b.open.Load() {
		return nil
	}
	return errors.New("the token has expired")
}

func (b *barred) Admit(ctx context.Context) bool {
	for !b.open.Load() {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(time.Second):
		}
	}
	return true
}

// Spans whose destination takes nothing wait for it, also if the machine is so busy that the end of
// an export is noticed late. An exporter that never returns is abandoned all the same.
func TestSpansWaitForABarredDestination(t *testing.T) {
	t.Parallel()
	for late, lost := range map[time.Duration]int64{0: 0, 60 * time.Millisecond: 0, 10 * time.Second: 0, time.Hour: 5} {
		t.Run(late.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				e := &barred{Exporter: processortest.New(), late: late}
				f := open(t, processor.Options{}, processor.ConnectionConfig{
					Name: "c", BatchSize: 5, ExportTimeout: 30 * time.Second,
					Open: func(context.Context) (sdktrace.SpanExporter, error) { return e, nil },
				})
				end(f, 1, 6)
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				if got := f.Stats().Connections["c"]; got.Abandoned != lost || got.Failed != 0 || got.Pending != 5-lost {
					t.Errorf("%d abandoned, %d failed, %d pending", got.Abandoned, got.Failed, got.Pending)
				}
				e.open.Store(true)
				time.Sleep(time.Hour)
				synctest.Wait()
				if got := f.Stats().Connections["c"]; got.Exported != 5-lost || got.Pending != 0 {
					t.Errorf("%d exported, %d pending", got.Exported, got.Pending)
				}
			})
		})
	}
}
