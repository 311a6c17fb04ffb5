package delivery

import (
	"math/rand/v2"
	"time"
)

// Backoff grows from Initial by Factor to Max; each wait is drawn evenly from the upper half
// of its step, so that clients that failed together don't come back together. The zero
// Backoff is 200 ms, 30 s and 2.
type Backoff struct {
	Initial, Max time.Duration
	Factor       float64
}

const (
	defaultInitial = 200 * time.Millisecond
	defaultMax     = 30 * time.Second
	defaultFactor  = 2
)

// Wait returns how long to wait after the given number of failures in a row, 1 or more.
func (b Backoff) Wait(failures int) time.Duration {
	step := b.step(failures)
	half := step / 2
	return half + rand.N(step-half+1)
}

func (b Backoff) step(failures int) time.Duration {
	initial, limit, factor := b.Initial, b.Max, b.Factor
	if initial <= 0 {
		initial = defaultInitial
	}
	if limit <= 0 {
		limit = defaultMax
	}
	if factor < 1 {
		factor = defaultFactor
	}
	step := float64(min(initial, limit))
	for i := 1; i < failures && step < float64(limit); i++ {
		step *= factor
	}
	return time.Duration(min(step, float64(limit)))
}
