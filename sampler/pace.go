package sampler

import (
	"sync/atomic"
	"time"
)

// pace lets something happen some times at once and then so often a second.
type pace struct {
	left   atomic.Int64
	burst  int64
	perSec int64
	start  time.Time
	filled atomic.Int64 // the second since start in which left was last added to
}

func newPace(burst, perSec int64) *pace {
	p := &pace{burst: burst, perSec: perSec, start: time.Now()}
	p.left.Store(burst)
	return p
}

// take reports whether it may happen now. It looks at the clock only if nothing is left.
func (p *pace) take() bool {
	if p.left.Add(-1) >= 0 {
		return true
	}
	now, before := int64(time.Since(p.start)/time.Second), p.filled.Load()
	if now == before || !p.filled.CompareAndSwap(before, now) {
		return false
	}
	p.left.Store(min((now-before)*p.perSec, p.burst) - 1)
	return true
}
