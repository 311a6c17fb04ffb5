package spool_test

import (
	"testing"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/spool"
)

// A batch of which the destination takes a part at a time leaves the spool in parts.
func TestReplaySendsTheRest(t *testing.T) {
	t.Parallel()
	d := &destination{}
	d.set(down)
	s := open(t, d, spool.Options{})
	if _, _, spooled := result(t, s.Deliver(t.Context(), batch(7))); spooled != 10 {
		t.Fatalf("%d spans are spooled, want 10", spooled)
	}
	left := 10
	d.set(func(n uint64) delivery.Verdict {
		if left -= 3; left <= 0 {
			return delivery.Verdict{}
		}
		rest := batch(n)
		rest.Spans = left
		return delivery.Verdict{Outcome: delivery.Retry, Err: errAway, Rest: &rest}
	})
	eventually(t, "all spans are replayed", func() bool {
		pending, replayed, dead, expired := s.Counts()
		return pending == 0 && replayed == 10 && dead == 0 && expired == 0
	})
	if got := d.delivered(); len(got) != 1 {
		t.Errorf("delivered %v", got)
	}
}
