package delivery_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/report"
)

func left(outcome delivery.Outcome, body string, spans int) delivery.Verdict {
	return delivery.Verdict{Outcome: outcome, Err: errAway, Rest: &delivery.Batch{Body: []byte(body), Spans: spans}}
}

// What the destination has taken isn't sent again, and as long as it takes something, the budget
// begins anew.
func TestSenderSendsTheRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &script{verdicts: []delivery.Verdict{
			retry(0), left(delivery.Retry, "nine", 9), retry(0), left(delivery.Retry, "eight", 8), retry(0), left(delivery.Retry, "seven", 7), {},
		}}
		s := delivery.NewSender(d, delivery.Options{Backoff: delivery.Backoff{Initial: time.Second, Max: time.Second}, Budget: 2500 * time.Millisecond})
		if err := s.Deliver(t.Context(), batch()); err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"x", "x", "nine", "nine", "eight", "eight", "seven"} {
			if got := string(d.batches[i].Body); got != want {
				t.Errorf("attempt %d sent %q, want %q", i, got, want)
			}
		}
		if s.Down() {
			t.Error("down after a delivery")
		}
	})
}

// What is given up counts without what the destination has taken.
func TestSenderCountsTheRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, verdicts := range [][]delivery.Verdict{
			{left(delivery.Retry, "four", 4), retry(0)},
			{left(delivery.Retry, "four", 4), {Outcome: delivery.Refused, Err: errAway}},
		} {
			s := delivery.NewSender(&script{verdicts: verdicts}, delivery.Options{Backoff: delivery.Backoff{Initial: time.Second}, Budget: 3 * time.Second})
			r, ok := errors.AsType[*report.Result](s.Deliver(t.Context(), batch()))
			if !ok || r.Exported != 6 || r.Failed != 4 {
				t.Errorf("got %+v, want 6 exported and 4 failed", r)
			}
		}
	})
}
