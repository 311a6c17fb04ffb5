package delivery_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/report"
)

var errAway = errors.New("connection refused")

// script answers each attempt with the next verdict, the last one for ever.
type script struct {
	verdicts []delivery.Verdict
	at       []time.Time
	batches  []delivery.Batch
	deadline []time.Duration
}

func (s *script) Send(ctx context.Context, b delivery.Batch) delivery.Verdict {
	s.at = append(s.at, time.Now())
	s.batches = append(s.batches, b)
	if d, ok := ctx.Deadline(); ok {
		s.deadline = append(s.deadline, time.Until(d))
	}
	v := s.verdicts[0]
	if len(s.verdicts) > 1 {
		s.verdicts = s.verdicts[1:]
	}
	return v
}

func (*script) Close() error { return nil }

func retry(after time.Duration) delivery.Verdict {
	return delivery.Verdict{Outcome: delivery.Retry, Err: errAway, After: after}
}

var lost = delivery.Verdict{Outcome: delivery.Retry, Err: errors.New("EOF"), Uncertain: true}

func batch() delivery.Batch { return delivery.Batch{Body: []byte("x"), Spans: 10} }

func TestSenderRetriesWithGrowingWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &script{verdicts: []delivery.Verdict{retry(0), retry(0), retry(0), retry(0), {}}}
		s := delivery.NewSender(d, delivery.Options{Backoff: delivery.Backoff{Initial: time.Second, Max: 4 * time.Second}, Budget: time.Minute})
		if err := s.Deliver(t.Context(), batch()); err != nil {
			t.Fatal(err)
		}
		for i, seconds := range []int{1, 2, 4, 4} {
			step := time.Duration(seconds) * time.Second
			wait := d.at[i+1].Sub(d.at[i])
			if wait < step/2 || wait > step {
				t.Errorf("wait %d is %v, want the upper half of %v", i, wait, step)
			}
		}
		if s.Down() {
			t.Error("down after a delivery")
		}
	})
}

func TestSenderStaysInItsBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &script{verdicts: []delivery.Verdict{retry(0)}}
		s := delivery.NewSender(d, delivery.Options{Backoff: delivery.Backoff{Initial: time.Second, Max: time.Second}, Budget: 10 * time.Second})
		begin := time.Now()
		err := s.Deliver(t.Context(), batch())
		if took := time.Since(begin); took > 10*time.Second || took < 8*time.Second {
			t.Errorf("took %v of a budget of 10s", took)
		}
		var e *report.Result
		if !errors.As(err, &e) || e.Failed != 10 || !errors.Is(err, errAway) {
			t.Fatalf("got %v", err)
		}
		if !strings.Contains(err.Error(), "10 spans not delivered: gave up after ") {
			t.Errorf("the error doesn't say how hard it tried: %v", err)
		}
		if !s.Down() {
			t.Error("not down")
		}
	})
}

func TestSenderKeepsRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &script{verdicts: []delivery.Verdict{retry(7 * time.Second), {}}}
		s := delivery.NewSender(d, delivery.Options{Backoff: delivery.Backoff{Initial: time.Millisecond}})
		if err := s.Deliver(t.Context(), batch()); err != nil {
			t.Fatal(err)
		}
		if wait := d.at[1].Sub(d.at[0]); wait < 7*time.Second {
			t.Errorf("came back after %v, asked for 7s", wait)
		}
	})
}

// A pause is kept by the next batches too, not only by the one that was told.
func TestSenderKeepsAPauseForTheNextBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &script{verdicts: []delivery.Verdict{retry(time.Minute), {}}}
		s := delivery.NewSender(d, delivery.Options{Budget: 5 * time.Second})
		_ = s.Deliver(t.Context(), batch())
		if p := s.Pause(); p != time.Minute {
			t.Errorf("pause is %v, want 1m", p)
		}
		err := s.Deliver(t.Context(), batch())
		if err == nil || !strings.Contains(err.Error(), "asked for a pause until") {
			t.Errorf("got %v", err)
		}
		if len(d.at) != 1 {
			t.Errorf("%d attempts during the pause", len(d.at)-1)
		}
		time.Sleep(56 * time.Second)
		if err := s.Deliver(t.Context(), batch()); err != nil {
			t.Errorf("4 s before the end of the pause, with a budget of 5 s: %v", err)
		}
		if got := d.at[1].Sub(d.at[0]); got < time.Minute {
			t.Errorf("called after %v", got)
		}
	})
}

func TestSenderBoundsWhatADestinationMayAskFor(t *testing.T) {
	t.Parallel()
	d := &script{verdicts: []delivery.Verdict{retry(1000 * time.Hour)}}
	s := delivery.NewSender(d, delivery.Options{})
	if v := s.Attempt(t.Context(), batch()); v.After != 10*time.Minute {
		t.Errorf("after %v, want 10m", v.After)
	}
}

func TestSenderNeverRepeatsAFinalAnswer(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]delivery.Verdict{
		"refused":         {Outcome: delivery.Refused, Err: errors.New("no")},
		"partial success": {Rejected: 4, Message: "too old"},
		"delivered":       {},
	} {
		d := &script{verdicts: []delivery.Verdict{v, retry(0)}}
		err := delivery.NewSender(d, delivery.Options{}).Deliver(t.Context(), batch())
		if len(d.at) != 1 {
			t.Errorf("%s: %d attempts", name, len(d.at))
		}
		if name != "partial success" {
			continue
		}
		var e *report.Result
		if !errors.As(err, &e) {
			t.Fatal(err)
		}
		if exported, failed, spooled := e.SpanResult(); exported != 6 || failed != 4 || spooled != 0 {
			t.Errorf("exported %d, failed %d, spooled %d", exported, failed, spooled)
		}
		if want := "4 spans not delivered, 6 spans delivered: the destination rejected 4 of 10 spans: too old"; err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	}
}

func TestSenderOnce(t *testing.T) {
	t.Parallel()
	d := &script{verdicts: []delivery.Verdict{retry(0), {}}}
	if err := delivery.NewSender(d, delivery.Options{Once: true}).Deliver(t.Context(), batch()); err == nil || len(d.at) != 1 {
		t.Errorf("%d attempts, %v", len(d.at), err)
	}
}

func TestSenderCountsWhatMayBeThereTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &script{verdicts: []delivery.Verdict{retry(0), lost, retry(0), {}}}
		s := delivery.NewSender(d, delivery.Options{})
		if err := s.Deliver(t.Context(), batch()); err != nil {
			t.Fatal(err)
		}
		// The third and the fourth attempt came after one whose answer was lost.
		if got := s.Resent(); got != 20 {
			t.Errorf("resent %d spans, want 20", got)
		}
	})
}

func TestSenderEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &script{verdicts: []delivery.Verdict{retry(0)}}
		s := delivery.NewSender(d, delivery.Options{Backoff: delivery.Backoff{Initial: time.Hour, Max: time.Hour}, Budget: 10 * time.Hour})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		begin := time.Now()
		if err := s.Deliver(ctx, batch()); err == nil {
			t.Error("delivered")
		}
		if took := time.Since(begin); took != time.Second {
			t.Errorf("took %v, want 1s", took)
		}
		// A deadline that comes before the next attempt isn't waited for.
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin = time.Now()
		_ = s.Deliver(ctx, batch())
		if took := time.Since(begin); took != 0 {
			t.Errorf("waited %v for a deadline", took)
		}
	})
}

func TestSenderBoundsOneAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &script{verdicts: []delivery.Verdict{{}}}
		_ = delivery.NewSender(d, delivery.Options{Timeout: 3 * time.Second}).Deliver(t.Context(), batch())
		_ = delivery.NewSender(d, delivery.Options{}).Deliver(t.Context(), batch())
		if d.deadline[0] != 3*time.Second || d.deadline[1] != 10*time.Second {
			t.Errorf("attempts may take %v, want 3s and 10s", d.deadline)
		}
	})
}

func TestSenderLogsAWarningOnce(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	d := &script{verdicts: []delivery.Verdict{{Message: "field x is deprecated"}}}
	s := delivery.NewSender(d, delivery.Options{Logger: slog.New(slog.NewTextHandler(&b, nil))})
	for range 3 {
		if err := s.Deliver(t.Context(), batch()); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(b.String(), "field x is deprecated"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, b.String())
	}
}
