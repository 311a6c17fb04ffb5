package hold

import (
	"math"
	"sync"
	"time"
)

// decideAll decides about a part that is open, or is to be decided by another policy soon.
func (s *shard) decideAll(p *part, cause Cause) (out *release) {
	for i := range p.states {
		if !p.states[i].decided {
			out = s.decide(out, p, i, cause)
		}
	}
	s.settle(p, cause)
	return out
}

// forget makes room for another part.
func (s *shard) forget(p *part) (out *release) {
	if p == nil {
		return nil
	}
	if len(p.items) > 0 {
		out = s.decideAll(p, ByMemory)
	}
	s.remove(p)
	return out
}

// shrink decides about the parts that have held spans for longest until the rest is within the
// bounds.
func (h *Hold) shrink() {
	for h.spans.Load() > int64(h.options.MaxSpans) || h.bytes.Load() > h.options.MaxBytes {
		var oldest *shard
		least := int64(math.MaxInt64)
		for i := range h.shards {
			if due := h.shards[i].due.Load(); due != 0 && due < least {
				oldest, least = &h.shards[i], due
			}
		}
		if oldest == nil {
			return
		}
		var out *release
		oldest.mu.Lock()
		if p := oldest.byEnd.first; p != nil {
			out = oldest.decideAll(p, ByMemory)
		}
		oldest.mu.Unlock()
		out.handOver()
	}
}

// timer decides about parts that have been held for too long. It costs nothing while nothing is
// held.
type timer struct {
	hold *Hold
	mu   sync.Mutex
	at   *time.Timer
	due  int64 // 0 if it isn't armed
	off  bool
}

func (t *timer) init(h *Hold) { t.hold = h }

// arm makes the timer fire at a deadline, if it isn't armed for an earlier one. The caller has a
// shard's lock.
func (t *timer) arm(deadline int64) {
	if t.hold.armed.Load() || t.hold.options.Now != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.due != 0 || t.off {
		return
	}
	t.set(deadline)
}

func (t *timer) set(deadline int64) {
	t.due = deadline
	t.hold.armed.Store(true)
	t.at = time.AfterFunc(time.Duration(max(deadline-t.hold.now(), 0)), t.fire)
}

func (t *timer) fire() {
	next := t.hold.sweep(t.hold.now())
	t.mu.Lock()
	defer t.mu.Unlock()
	t.due = 0
	t.hold.armed.Store(false)
	if next == 0 { // somebody may have seen it armed since the sweep
		next = t.hold.nextDue()
	}
	if next != 0 && !t.off {
		t.set(next)
	}
}

func (t *timer) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.off = true
	if t.at != nil {
		t.at.Stop()
	}
}

// sweep decides about all parts that are due, and returns when the next one is.
func (h *Hold) sweep(now int64) (next int64) {
	for i := range h.shards {
		s := &h.shards[i]
		for {
			due := s.due.Load()
			if due == 0 || due > now {
				break
			}
			var out *release
			s.mu.Lock()
			if p := s.byEnd.first; p != nil && p.deadline <= now {
				out = s.decideAll(p, ByWait)
			}
			s.mu.Unlock()
			out.handOver()
		}
	}
	return h.nextDue()
}

func (h *Hold) nextDue() (next int64) {
	for i := range h.shards {
		if due := h.shards[i].due.Load(); due != 0 && (next == 0 || due < next) {
			next = due
		}
	}
	return next
}
