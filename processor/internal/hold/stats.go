package hold

import (
	"sync/atomic"
	"time"
)

// counts are of the process.
type counts struct {
	decided [Causes]atomic.Uint64
	late    atomic.Uint64
}

func (c *counts) add(cause Cause) { c.decided[cause].Add(1) }

// Stats are the numbers of the process.
type Stats struct {
	// Decided counts parts by why they were decided, once for all connections.
	Decided [Causes]uint64
	// Late counts spans that ended after the decision about their part.
	Late uint64
	// Held is how many spans are held.
	Held int64
}

// Stats waits for nobody.
func (h *Hold) Stats() (s Stats) {
	for i := range s.Decided {
		s.Decided[i] = h.counts.decided[i].Load()
	}
	s.Late, s.Held = h.counts.late.Load(), h.spans.Load()
	return s
}

// oldest returns the shard of the part that has been open for longest; nil if none is open.
func (h *Hold) oldest() (s *shard) {
	var began int64
	for i := range h.shards {
		if at := h.shards[i].oldest.Load(); at != 0 && (s == nil || at < began) {
			s, began = &h.shards[i], at
		}
	}
	return s
}

// OldestOpen returns the name of a local root of the oldest part, how long the part has been open,
// and whether it was decided before it was complete. The name is "" if no local root of it is open.
func (h *Hold) OldestOpen() (name string, open time.Duration, early bool) {
	s := h.oldest()
	if s == nil {
		return "", 0, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.byStart.first
	if p == nil {
		return "", 0, false
	}
	if p.root != nil {
		name = p.root.Name()
	}
	return name, time.Duration(h.now() - p.began), p.early
}
