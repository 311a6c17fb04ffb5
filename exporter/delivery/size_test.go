package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/report"
)

// receiver is a transport that takes requests as far as judge lets it.
type receiver struct {
	judge  func(b delivery.Batch, names []string) delivery.Verdict
	names  map[string]int
	bodies []int // bytes
	probes []time.Time
	closed func() delivery.Verdict // of probes; nil takes them
}

func (r *receiver) Send(_ context.Context, b delivery.Batch) delivery.Verdict {
	r.bodies = append(r.bodies, len(b.Body))
	var request coltracepb.ExportTraceServiceRequest
	if err := proto.Unmarshal(b.Body, &request); err != nil {
		return delivery.Verdict{Outcome: delivery.Refused, Err: err}
	}
	var names []string
	for _, s := range request.GetResourceSpans()[0].GetScopeSpans()[0].GetSpans() {
		names = append(names, s.GetName())
	}
	v := r.judge(b, names)
	if v.Outcome == delivery.Delivered {
		if r.names == nil {
			r.names = map[string]int{}
		}
		for _, name := range names {
			r.names[name]++
		}
	}
	return v
}

func (r *receiver) Probe(context.Context) delivery.Verdict {
	r.probes = append(r.probes, time.Now())
	if r.closed == nil {
		return delivery.Verdict{}
	}
	return r.closed()
}

func (*receiver) Close() error { return nil }

// atMost says "too large" beyond so many bytes.
func atMost(limit int) func(delivery.Batch, []string) delivery.Verdict {
	return func(b delivery.Batch, _ []string) delivery.Verdict {
		if len(b.Body) > limit {
			return delivery.Verdict{Outcome: delivery.TooLarge, Err: errors.New("body too large"), Answered: true}
		}
		return delivery.Verdict{}
	}
}

// spans returns a batch of spans of these sizes, named by their number.
func spans(tb testing.TB, sizes ...int) delivery.Batch {
	tb.Helper()
	ss := &tracepb.ScopeSpans{}
	for i, size := range sizes {
		ss.Spans = append(ss.Spans, &tracepb.Span{Name: fmt.Sprintf("span-%d", i), TraceState: strings.Repeat("x", size)})
	}
	body, err := proto.Marshal(&coltracepb.ExportTraceServiceRequest{ResourceSpans: []*tracepb.ResourceSpans{{ScopeSpans: []*tracepb.ScopeSpans{ss}}}})
	if err != nil {
		tb.Fatal(err)
	}
	return delivery.Batch{Body: body, Spans: len(sizes)}
}

func repeated(size, n int) []int {
	sizes := make([]int, n)
	for i := range sizes {
		sizes[i] = size
	}
	return sizes
}

func cutting(r *receiver, o delivery.Options) *delivery.Sender {
	o.Cutter = delivery.OTLPCutter()
	return delivery.NewSender(r, o)
}

// One span that is too large costs itself alone, and the error names it.
func TestTooLargeCostsTheOneSpan(t *testing.T) {
	t.Parallel()
	r := &receiver{judge: atMost(1 << 20)}
	s := cutting(r, delivery.Options{})
	err := s.Deliver(t.Context(), spans(t, append(repeated(100, 100), 2<<20)...))
	var result *report.Result
	if !errors.As(err, &result) || result.Exported != 100 || result.Failed != 1 || len(r.names) != 100 {
		t.Fatalf("%d arrived, %v", len(r.names), err)
	}
	if !strings.Contains(err.Error(), `span "span-100" is too large for the destination, in a request of 2097`) {
		t.Errorf("got %v", err)
	}
	for name, n := range r.names {
		if n != 1 {
			t.Errorf("%s arrived %d times", name, n)
		}
	}
}

// What was learned is kept: the next batch is cut at once.
func TestTheSizeThatPassesIsRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{judge: atMost(1 << 20)}
		s := cutting(r, delivery.Options{})
		for _, want := range []bool{true, false, true} {
			r.bodies, r.names = nil, nil
			if err := s.Deliver(t.Context(), spans(t, repeated(30<<10, 100)...)); err != nil || len(r.names) != 100 {
				t.Fatalf("%d arrived, %v", len(r.names), err)
			}
			refused := false
			for _, n := range r.bodies {
				refused = refused || n > 1<<20
			}
			if refused != want || len(r.bodies) > 10 {
				t.Errorf("something was refused: %t, want %t; %d", refused, want, r.bodies)
			}
			if !want {
				time.Sleep(11 * time.Minute) // the server may have been reconfigured
			}
		}
	})
}

// A batch over the bound never leaves whole.
func TestABatchIsCutBeforeItIsSent(t *testing.T) {
	t.Parallel()
	r := &receiver{judge: atMost(math.MaxInt)}
	s := cutting(r, delivery.Options{})
	if err := s.Deliver(t.Context(), spans(t, repeated(300<<10, 230)...)); err != nil || len(r.names) != 230 {
		t.Fatalf("%d arrived, %v", len(r.names), err)
	}
	for _, n := range r.bodies {
		if n > delivery.DefaultMaxBytes {
			t.Errorf("a request had %d bytes", n)
		}
	}
	if len(r.bodies) > 20 {
		t.Errorf("%d requests", len(r.bodies))
	}
}

// A server that says "too large" to everything gets few requests, and all spans a sentence.
func TestTooLargeToEverythingIsNoLoop(t *testing.T) {
	t.Parallel()
	r := &receiver{judge: atMost(-1)}
	s := cutting(r, delivery.Options{})
	for range 3 {
		r.bodies = nil
		err := s.Deliver(t.Context(), spans(t, repeated(100, 512)...))
		if err == nil || !strings.Contains(err.Error(), "512 spans not delivered") || !strings.Contains(err.Error(), "too large") {
			t.Errorf("got %v", err)
		}
		if len(r.bodies) > 40 {
			t.Errorf("%d requests", len(r.bodies))
		}
		if len(err.Error()) > 2000 {
			t.Errorf("the error has %d bytes", len(err.Error()))
		}
	}
}

// A gateway that answers 502 to large batches, or cuts the connection, and a span that a server
// can't take are found by their halves, long before the budget ends.
func TestABatchAtFaultDelaysNobody(t *testing.T) {
	t.Parallel()
	broken := delivery.Verdict{Outcome: delivery.Retry, Err: errors.New("502"), Uncertain: true}
	busy := delivery.Verdict{Outcome: delivery.Retry, Err: errors.New("503"), Answered: true}
	for name, judge := range map[string]func(delivery.Batch, []string) delivery.Verdict{
		"size": func(b delivery.Batch, _ []string) delivery.Verdict {
			if len(b.Body) > 1<<20 {
				return broken
			}
			return delivery.Verdict{}
		},
		"one span": func(_ delivery.Batch, names []string) delivery.Verdict {
			if slices.Contains(names, "span-77") {
				return busy
			}
			return delivery.Verdict{}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := &receiver{judge: judge}
				s := cutting(r, delivery.Options{})
				begin := time.Now()
				err := s.Deliver(t.Context(), spans(t, repeated(16<<10, 100)...))
				want := map[string]int{"size": 100, "one span": 99}[name]
				if len(r.names) != want || (err == nil) != (want == 100) {
					t.Errorf("%d arrived, %v", len(r.names), err)
				}
				if took := time.Since(begin); took > 5*time.Second {
					t.Errorf("it took %v", took)
				}
				for name, n := range r.names {
					if n != 1 {
						t.Errorf("%s arrived %d times", name, n)
					}
				}
			})
		})
	}
}

// A destination that is busy is no reason to divide batches.
func TestABusyDestinationGetsWholeBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		r := &receiver{judge: func(delivery.Batch, []string) delivery.Verdict {
			if time.Since(begin) < 10*time.Second {
				return delivery.Verdict{Outcome: delivery.Retry, Err: errors.New("503"), Answered: true}
			}
			return delivery.Verdict{}
		}}
		s := cutting(r, delivery.Options{})
		if err := s.Deliver(t.Context(), spans(t, repeated(1000, 100)...)); err != nil || len(r.names) != 100 {
			t.Errorf("%d arrived, %v", len(r.names), err)
		}
		if len(r.bodies) > 15 {
			t.Errorf("%d requests", len(r.bodies))
		}
	})
}

// While a destination is known to be down, batches get one attempt each, at its pace.
func TestKnownDownGetsOneProbeAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		logger, out := logged()
		var up bool
		r := &receiver{judge: func(delivery.Batch, []string) delivery.Verdict {
			if up {
				return delivery.Verdict{}
			}
			return delivery.Verdict{Outcome: delivery.Retry, Err: errAway}
		}}
		s := cutting(r, delivery.Options{Logger: logger})
		go func() {
			time.Sleep(5 * time.Second)
			if !strings.Contains(out.String(), "the destination is down") {
				t.Error("nothing was logged within 5 s")
			}
		}()
		_ = s.Deliver(t.Context(), spans(t, 1))
		if !s.Down() {
			t.Fatal("not down after a budget")
		}
		for range 5 {
			before, begin := len(r.bodies), time.Now()
			if err := s.Deliver(t.Context(), spans(t, 1)); !errors.Is(err, errAway) {
				t.Errorf("got %v", err)
			}
			if n := len(r.bodies) - before; n != 1 || time.Since(begin) > 10*time.Second {
				t.Errorf("%d attempts in %v", n, time.Since(begin))
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		begin := time.Now()
		if err := s.Deliver(ctx, spans(t, 1)); err == nil || time.Since(begin) > 0 {
			t.Errorf("a context that is done: %v after %v", err, time.Since(begin))
		}
		up = true
		if err := s.Deliver(t.Context(), spans(t, 1)); err != nil || s.Down() || !strings.Contains(out.String(), "answers again") {
			t.Errorf("%v, down %t:\n%s", err, s.Down(), out)
		}
	})
}
