package bridge

import (
	"encoding/binary"
	"math"
	"sync/atomic"

	"go.opentelemetry.io/otel/trace"
)

// share tells from the ids of the traces that came whether a sampler drops some, as ratio samplers
// do by the id: OTel's TraceIDRatioBased keeps those whose last 63 bits are small, consistent
// samplers those whose last 56 bits are large. Ids are random, so that the chance of being wrong is
// below one in a billion. Other samplers go unnoticed.
type share struct {
	known            atomic.Bool
	n                atomic.Int64
	low, high        atomic.Uint64 // largest and, as complement, smallest of the last 63 bits
	lowest56, high56 atomic.Uint64 // complement of the smallest, and the largest, of the last 56
}

const (
	// shareChance is the largest chance of taking a sampler that keeps everything for one that drops.
	shareChance = 1e-9
	// sharePatience is how many traces are looked at: enough for a sampler that keeps 99.5 %.
	sharePatience = 4096
	// shareLeast is the smallest share that is believed. Ids of something that isn't random look
	// like less.
	shareLeast = 1e-4
)

// add looks at the trace of a root span and reports whether it is known by now that some are dropped.
func (s *share) add(id trace.TraceID) bool {
	if s.n.Load() >= sharePatience {
		return false
	}
	n := s.n.Add(1)
	bits := binary.BigEndian.Uint64(id[8:])
	b63, b56 := bits>>1, bits&(1<<56-1)
	raise(&s.low, b63)
	raise(&s.high, 1<<63-1-b63)
	raise(&s.lowest56, 1<<56-1-b56)
	raise(&s.high56, b56)
	for _, kept := range s.shares() {
		if kept > shareLeast && kept < 1 && math.Pow(kept, float64(n)) < shareChance {
			s.known.Store(true)
			return true
		}
	}
	return false
}

// shares returns, for both kinds of sampler, the share of all ids that those lie in which came; 1 if
// they aren't spread over it as random ones are.
func (s *share) shares() [2]float64 {
	spread := func(farthest, nearest, all uint64) float64 {
		if nearest > farthest/2 {
			return 1
		}
		return (float64(farthest) + 1) / float64(all)
	}
	return [2]float64{
		spread(s.low.Load(), 1<<63-1-s.high.Load(), 1<<63),
		spread(s.lowest56.Load(), 1<<56-1-s.high56.Load(), 1<<56),
	}
}

// estimate is about how much is kept.
func (s *share) estimate() float64 {
	all := s.shares()
	return min(all[0], all[1])
}

func raise(v *atomic.Uint64, to uint64) {
	for old := v.Load(); old < to; old = v.Load() {
		if v.CompareAndSwap(old, to) {
			return
		}
	}
}
