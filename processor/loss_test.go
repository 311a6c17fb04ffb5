package processor_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/processor/processortest"
)

// told returns the losses of connection c that err tells, without their error.
func told(err error) processor.Loss {
	lost, ok := errors.AsType[*processor.LossError](err)
	if !ok {
		return processor.Loss{}
	}
	l := lost.Connections["c"]
	l.Err = nil
	return l
}

// TestEachLossIsToldOnce loses spans in each way, and asks after each.
func TestEachLossIsToldOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		no := errors.New("no")
		hang := make(chan struct{})
		s := &spooler{Exporter: processortest.New(
			processortest.Step{Err: no},
			processortest.Step{Partial: &processortest.Partial{Exported: 1, Failed: 2}},
			processortest.Step{Hang: hang, Deaf: true, Err: no},
			processortest.Step{Partial: &processortest.Partial{}},
			processortest.Step{Partial: &processortest.Partial{}},
			processortest.Step{Err: no},
		)}
		f := open(t, processor.Options{}, processor.ConnectionConfig{
			Name: "c", QueueSize: 9, BatchSize: 5, ExportTimeout: time.Second,
			Open: func(context.Context) (sdktrace.SpanExporter, error) { return s, nil },
			Decider: decide(func(s *decision.Span, _ float64) decision.Verdict {
				switch number(s.Ended) {
				case 900:
					return decision.Verdict{Reason: decision.ByLimit}
				case 901:
					return decision.Verdict{Reason: decision.ByLoad}
				}
				return decision.Verdict{Keep: true}
			}),
		})
		flush := func(what string, want processor.Loss) {
			t.Helper()
			time.Sleep(10 * time.Second)
			err := f.ForceFlush(t.Context())
			if diff := cmp.Diff(want, told(err)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
			if want.Failed > 0 && !errors.Is(err, no) && want.Failed != 2 {
				t.Errorf("%s: %v isn't the exporter's error", what, err)
			}
			if err := f.ForceFlush(t.Context()); err != nil {
				t.Errorf("%s: told again: %v", what, err)
			}
		}
		end(f, 900, 902)
		flush("left out", processor.Loss{})
		end(f, 1, 6)
		flush("failed", processor.Loss{Failed: 5})
		end(f, 6, 9)
		flush("failed in part", processor.Loss{Failed: 2})
		end(f, 9, 14)
		time.Sleep(2 * time.Second)
		flush("abandoned", processor.Loss{Abandoned: 5})
		end(f, 14, 25)
		close(hang) // it fails late, which was told; the rest is spooled
		flush("dropped", processor.Loss{Dropped: 2})
		s.mu.Lock()
		s.dead, s.expired, s.pending = 3, 2, 4
		s.mu.Unlock()
		flush("lost in the spool", processor.Loss{Dead: 3, Expired: 2})
		end(f, 25, 26)
		time.Sleep(time.Second)
		err := f.Shutdown(context.Background())
		if diff := cmp.Diff(processor.Loss{Failed: 1}, told(err)); diff != "" {
			t.Errorf("Shutdown (-want +got):\n%s", diff)
		}
		if want := "connection \"c\": 1 span was not exported: no\n20 spans were lost in all"; err == nil || err.Error() != want {
			t.Errorf("Shutdown says\n%v\nwant\n%s", err, want)
		}
		mustHold(t, f.Stats())
	})
}

// TestConcurrentFlushesTellEachLossOnceConcurrentSafe asks from many goroutines.
func TestConcurrentFlushesTellEachLossOnceConcurrentSafe(t *testing.T) {
	t.Parallel()
	e := processortest.NewFunc(func(int) processortest.Step { return processortest.Step{Err: errors.New("no")} })
	f := open(t, processor.Options{}, processor.ConnectionConfig{Name: "c", Open: e.Open, QueueSize: 100, BatchSize: 10})
	var mu sync.Mutex
	var sum int64
	var group sync.WaitGroup
	for g := range uint64(8) {
		group.Go(func() {
			for i := range uint64(20) {
				end(f, g*1000+i*10+1, g*1000+i*10+11)
				l := told(f.ForceFlush(t.Context()))
				mu.Lock()
				sum += l.Failed + l.Dropped
				mu.Unlock()
			}
		})
	}
	group.Wait()
	l := told(f.Shutdown(t.Context()))
	if sum += l.Failed + l.Dropped; sum != 1600 {
		t.Errorf("%d losses told, want 1600", sum)
	}
}
