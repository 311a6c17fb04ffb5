package sampler

import (
	"math"
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
	// The load is averaged over time, so that a burst which the queue can take by itself sheds
	// nothing: a full queue reaches the first level after half a second, the last one after
	// 1.4 seconds.
	riseTime = 600 * time.Millisecond
	fallTime = 2 * time.Second
	// calm is the average that is assumed where the load begins to be watched.
	calm = 0.5
)

// factor follows the load of one connection. It depends on the load that it is shown and on the
// clock alone: after any pause, the next question finds the level that belongs to that time.
type factor struct {
	state atomic.Uint64 // a factorState
	start time.Time
}

// factorState holds the time of the last change in milliseconds (38 bits: eight years), the
// average load (24 bits), and the level. It is zero while there is nothing to watch.
type factorState uint64

const fullLoad = 1<<24 - 1

func newFactorState(ms int64, average float64, level int) factorState {
	if level == 0 && average < calm {
		return 0
	}
	return factorState(uint64(ms)<<26 | uint64(average*fullLoad)<<2 | uint64(level))
}

func (s factorState) level() int       { return int(s & 3) }
func (s factorState) average() float64 { return float64(s>>2&fullLoad) / fullLoad }
func (s factorState) ms() int64        { return int64(s >> 26) }

// next returns the state after load was seen at that time. Since the time before, the load counts
// as what it is now.
func (s factorState) next(load float64, ms int64) factorState {
	if !(load > 0) {
		load = 0
	}
	load = min(load, 1)
	if s == 0 {
		if load < enter(1) {
			return 0
		}
		return newFactorState(ms, calm, 0)
	}
	passed := time.Duration(ms-s.ms()) * time.Millisecond
	if passed <= 0 {
		return s
	}
	average, level, over := s.average(), s.level(), fallTime
	if load > average {
		over = riseTime
	}
	average += (load - average) * -math.Expm1(-float64(passed)/float64(over))
	for level < levels-1 && average >= enter(level+1) {
		level++
	}
	for level > 0 && average < enter(level)-band {
		level--
	}
	return newFactorState(ms, average, level)
}

func (f *factor) level() int { return factorState(f.state.Load()).level() }

// levelAt returns the level for a decision at this moment.
func (f *factor) levelAt(load float64) int {
	return factorState(f.state.Load()).next(load, time.Since(f.start).Milliseconds()).level()
}

// follow returns the level for the next decision. It looks at the clock only where the
// level may change.
func (f *factor) follow(load float64) int {
	for {
		state := factorState(f.state.Load())
		if state == 0 && load < enter(1) {
			return 0
		}
		next := state.next(load, time.Since(f.start).Milliseconds())
		if next == state || f.state.CompareAndSwap(uint64(state), uint64(next)) {
			return next.level()
		}
	}
}
