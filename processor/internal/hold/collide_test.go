package hold_test

import (
	"encoding/binary"
	"slices"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor/internal/hold"
)

// Ids that a stranger has chosen, in whatever pattern, are in all shards alike: nobody outside knows the
// seeds.
func TestStrangersCantChooseTheShard(t *testing.T) {
	t.Parallel()
	const ids = 64 * hold.Shards
	for name, id := range map[string]func(n uint64) (id trace.TraceID){
		"the same end":       func(n uint64) (id trace.TraceID) { binary.BigEndian.PutUint64(id[:], n); return id },
		"the same beginning": func(n uint64) (id trace.TraceID) { binary.BigEndian.PutUint64(id[8:], n); return id },
		"the same low bits":  func(n uint64) (id trace.TraceID) { binary.BigEndian.PutUint64(id[8:], n<<40); return id },
		"both halves alike": func(n uint64) (id trace.TraceID) {
			binary.BigEndian.PutUint64(id[:], n)
			binary.BigEndian.PutUint64(id[8:], n)
			return id
		},
	} {
		h, _, _ := newHold(t, hold.Options{}, &policy{rate: at(0.5)})
		var in [hold.Shards]int
		for n := range uint64(ids) {
			in[h.Shard(id(n+1))]++
		}
		if most := slices.Max(in[:]); most > 4*ids/hold.Shards {
			t.Errorf("%s: %d of %d ids share a shard", name, most, ids)
		}
	}
}

// colliding returns spans of traces that are all in one shard of h, or in any.
func colliding(h *hold.Hold, n int, all bool) []decision.Span {
	spans := make([]decision.Span, 0, n)
	for i := uint64(1); len(spans) < n; i++ {
		s := span{trace: i, id: i, root: true, rule: -1}
		if !all || h.Shard(s.context().TraceID()) == 0 {
			spans = append(spans, s.ended(1<<55))
		}
	}
	return spans
}

// Even traces that are all in one shard, as if the seeds were known, are no slower than twice others,
// from one goroutine or from several, and there are no more of them than a shard may have.
func TestTracesOfOneShard(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED with -short: it measures time")
	}
	const n, options = 2000, 64 * 500
	for _, goroutines := range []int{1, 4} {
		least := [2]time.Duration{time.Hour, time.Hour} // in turns, as others use the machine, too
		for range 9 {
			for i, all := range []bool{false, true} {
				h := hold.New(hold.Options{Memory: options, MaxSpans: 1 << 20})
				s := newSink()
				set := hold.NewSet(hold.Connection{Name: "a", Policy: &policy{rate: at(0.5), late: true}, Sink: &discard{s}})
				h.Reload(set)
				spans := colliding(h, n, all)
				start := time.Now()
				var group sync.WaitGroup
				for g := range goroutines {
					group.Go(func() {
						for k := g; k < n; k += goroutines {
							h.Start(spans[k].Ended, true)
						}
						for k := g; k < n; k += goroutines {
							h.End(set, &spans[k], true, 100)
						}
					})
				}
				group.Wait()
				least[i] = min(least[i], time.Since(start))
				for k := range spans {
					h.Start(spans[k].Ended, true)
				}
				if parts := h.Parts(); all && parts > options/hold.Shards {
					t.Errorf("%d parts are in one shard, want at most %d", parts, options/hold.Shards)
				}
				h.Shutdown()
			}
		}
		ratio := float64(least[1]) / float64(least[0])
		t.Logf("%d goroutines: traces of one shard take %.2f times as long as others", goroutines, ratio)
		if goroutines == 1 && ratio > 2 {
			t.Errorf("traces of one shard take %.2f times as long as others", ratio)
		}
	}
}
