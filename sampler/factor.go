package sampler

import (
	"sync/atomic"
	"time"
)

// levels is the number of levels of the dynamic factor; level 0 sheds nothing.
const levels = 4

func factorOf(level int) float64 { return [levels]float64{1, 0.5, 0.2, 0.1}[level] }

// enter is the load at which a level begins.
func enter(level int) float64 { return [levels]float64{0, 0.80, 0.90, 0.95}[level] }

const (
	// band is how far the load must fall below a level's beginning before it is left.
	band = 0.05
	// dwell is how long a level lasts at least before the next lower one.
	dwell = time.Second
)

// factor follows the load of one connection. Shedding more begins at once, shedding less
// waits: so a load that sits on a threshold changes it at most once or twice a second.
type factor struct {
	state atomic.Uint64 // nanoseconds since start when the level began, times 4, plus the level
	start time.Time
}

func (f *factor) level() int { return int(f.state.Load() & 3) }

// follow returns the level for the next decision. It looks at the clock only where the
// level may change.
func (f *factor) follow(load float64) int {
	for {
		state := f.state.Load()
		now := int(state & 3)
		next := now
		for next < levels-1 && load >= enter(next+1) {
			next++
		}
		if next == now {
			if now == 0 || !(load < enter(now)-band) {
				return now
			}
			next = now - 1
		}
		since := time.Since(f.start)
		if next < now && since-time.Duration(state>>2) < dwell {
			return now
		}
		if f.state.CompareAndSwap(state, uint64(since)<<2|uint64(next)) {
			return next
		}
	}
}
