package sampler

import (
	"math"
	"sync/atomic"
	"time"
)

// limit is a token bucket that holds one second's worth. It is kept as one number: the time
// at which the bucket will be full again. A span moves that time on by its share of a
// second, and is refused if the bucket would be more than a second from full. One
// compare-and-swap for each span makes it exact, however many goroutines ask.
type limit struct {
	// state is that time, in quarters of a nanosecond since start, times 2; plus 1 from the
	// first refusal until the bucket is full.
	state    atomic.Int64
	start    time.Time
	share    int64 // of one span, in quarters of a nanosecond
	capacity int64
}

const quarter = 4 // units in a nanosecond: enough for 36 years

func newLimit(perSecond float64) *limit {
	share := math.Ceil(float64(time.Second) * quarter / perSecond)
	share = min(share, float64(math.MaxInt64/16)) // one span in four years is as good as none
	l := &limit{start: time.Now(), share: max(int64(share), 1)}
	l.capacity = max(int64(time.Second)*quarter, l.share)
	return l
}

// take reports whether a span may pass, and whether nothing was refused since the bucket
// was last full.
func (l *limit) take() (pass, whole bool) {
	for {
		now := int64(time.Since(l.start)) * quarter
		state := l.state.Load()
		full, refused := state>>1, state&1
		if full <= now {
			full, refused = now, 0
		}
		next := full + l.share
		if next-now > l.capacity {
			if refused == 1 || l.state.CompareAndSwap(state, full<<1|1) {
				return false, false
			}
			continue
		}
		if l.state.CompareAndSwap(state, next<<1|refused) {
			return true, refused == 0
		}
	}
}
