package ledger

import "sync/atomic"

// HeldCount counts the spans that wait for the decision about their trace, or for room in the
// queue after it.
type HeldCount struct {
	in   atomic.Int64
	left atomic.Int64
	seen atomic.Int64 // the most spans that a snapshot has told as offered
}

// Enter counts a span that waits from now on.
func (h *HeldCount) Enter() { h.in.Add(1) }

// Leave counts spans that no longer wait. It comes before they are counted elsewhere, so that
// nobody sees them twice. A negative number takes a call back.
func (h *HeldCount) Leave(spans int) { h.left.Add(int64(spans)) }

// of returns how many spans wait, where so many others were offered. Spans that are on their way
// from here to elsewhere are in neither; they were offered when an earlier snapshot was taken, so
// that they are known to be on their way.
func (h *HeldCount) of(others int64) int64 {
	left := h.left.Load()
	in := h.in.Load()
	if in == 0 {
		return 0
	}
	held := max(in-left, 0)
	for {
		seen := h.seen.Load()
		if others+held <= seen {
			return seen - others
		}
		if h.seen.CompareAndSwap(seen, others+held) {
			return held
		}
	}
}

// TraceCounts counts decisions about traces, by their cause: complete, wait, size, memory, reload,
// shutdown; and spans that came after them.
type TraceCounts struct {
	Decided [TraceCauses]atomic.Uint64
	Late    atomic.Uint64
}

// TraceCauses is how many causes there are.
const TraceCauses = 6

// load returns the numbers.
func (c *TraceCounts) load() (t Traces) {
	for i := range c.Decided {
		t.Decided[i] = c.Decided[i].Load()
	}
	t.Late = c.Late.Load()
	return t
}

// Traces are the numbers of [TraceCounts].
type Traces struct {
	Decided [TraceCauses]uint64
	Late    uint64
}

// Plus returns the sum of t and u.
func (t Traces) Plus(u Traces) Traces {
	for i := range t.Decided {
		t.Decided[i] += u.Decided[i]
	}
	t.Late += u.Late
	return t
}
