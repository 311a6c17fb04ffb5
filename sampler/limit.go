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
//
// Ordinary spans must leave in the bucket what urgent ones (errors and slow spans) have needed
// lately.
type limit struct {
	// state is that time, in quarters of a nanosecond since start, times 4; plus the two bits
	// below from the first refusal until nothing is short any more.
	state    atomic.Int64
	start    time.Time
	now      func() time.Time // nil: the time it is
	share    int64            // of one span, in quarters of a nanosecond
	capacity int64
	demand   demand
}

const (
	quarter = 4 // units in a nanosecond: enough for 18 years

	refusedUrgent   = 1
	refusedOrdinary = 2
)

func newLimit(perSecond float64) *limit {
	share := math.Ceil(float64(time.Second) * quarter / perSecond)
	share = min(share, float64(math.MaxInt64/64)) // one span in a year is as good as none
	l := &limit{start: time.Now(), share: max(int64(share), 1)}
	l.capacity = max(int64(time.Second)*quarter, l.share)
	l.demand.most = uint32(min(l.capacity/l.share+1, math.MaxUint32))
	return l
}

// take reports whether a span may pass, and whether no span of its kind was refused since the
// bucket was last full.
func (l *limit) take(urgent bool) (pass, whole bool) { return l.takeMany(1, urgent, false) }

// takeMany is take for n spans that pass or don't pass together. They pass if one would, and may
// put the bucket into debt; if must, they pass in any case.
func (l *limit) takeMany(n int, urgent, must bool) (pass, whole bool) {
	since := l.since()
	now := int64(since) * quarter
	counts, bit, held := int64(refusedUrgent|refusedOrdinary), int64(refusedOrdinary), int64(0)
	if urgent {
		l.demand.add(since, n)
		counts, bit = refusedUrgent, refusedUrgent
	} else {
		held = min(int64(l.demand.lately(since))*l.share, l.capacity)
	}
	for {
		state := l.state.Load()
		full, refused := state>>2, state&3
		if full <= now {
			full = now
			refused &^= refusedUrgent
			if !urgent && held == 0 {
				refused = 0
			}
		}
		if full+l.share-now > l.capacity-held && !must {
			if refused&bit != 0 && state>>2 == full || l.state.CompareAndSwap(state, full<<2|refused|bit) {
				return false, false
			}
			continue
		}
		next := min(full, maxDebt) + min(int64(n)*min(l.share, maxDebt/int64(n)), maxDebt)
		if l.state.CompareAndSwap(state, next<<2|refused) {
			return true, refused&counts == 0
		}
	}
}

// since is the time since start.
func (l *limit) since() time.Duration {
	if l.now != nil {
		return l.now().Sub(l.start)
	}
	return time.Since(l.start)
}

// maxDebt bounds the time at which the bucket is full again: the state has two bits more.
const maxDebt = math.MaxInt64 / 16

const (
	// A peak counts wholly for so long, and then less and less until it counts no more.
	peakHeld = 2 * time.Second
	peakGone = 6 * time.Second
)

// demand measures how many urgent spans come in a second: the most in any of the last seconds,
// where those further back count less. Counts go up to most: more than the bucket holds can't be
// held back. Races between goroutines may lose a few spans of a count.
type demand struct {
	window atomic.Uint64 // number of the second since start, and how many came in it
	peak   atomic.Uint64 // the highest count of an earlier second, likewise
	most   uint32
}

// add counts n urgent spans.
func (d *demand) add(since time.Duration, n int) {
	second := uint64(since / time.Second)
	for {
		w := d.window.Load()
		next := w + uint64(min(uint32(n), d.most-min(uint32(w), d.most)))
		switch {
		case w>>32 != second:
			if weakened(d.peak.Load(), since) <= weakened(w, since) {
				d.peak.Store(w)
			}
			next = second<<32 | uint64(min(uint32(n), d.most))
		case uint32(w) >= d.most:
			return
		}
		if d.window.CompareAndSwap(w, next) {
			return
		}
	}
}

// lately returns how many urgent spans may be expected within a second.
func (d *demand) lately(since time.Duration) uint32 {
	w := d.window.Load()
	if w == 0 { // there never was one
		return 0
	}
	return max(weakened(w, since), weakened(d.peak.Load(), since))
}

// weakened returns what the count of a second is worth now. Some of the demand of a second that
// hasn't ended yet may still come.
func weakened(window uint64, since time.Duration) uint32 {
	count := uint32(window)
	age := since - time.Duration(window>>32+1)*time.Second
	switch {
	case age <= peakHeld:
		return count
	case age >= peakGone:
		return 0
	default:
		return uint32(math.Ceil(float64(count) * float64(peakGone-age) / float64(peakGone-peakHeld)))
	}
}
