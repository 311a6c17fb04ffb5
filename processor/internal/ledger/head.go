package ledger

import "sync/atomic"

// HeadCount is a connection's part of the spans that the head sampler has dropped: those that it
// dropped while a configuration had the connection.
type HeadCount struct {
	from   atomic.Uint64 // what had been dropped when the connection came
	before atomic.Uint64 // what was dropped during earlier times of the connection
	there  atomic.Bool
}

// Enter says that a configuration has the connection. It is called for each one that does;
// dropped is how many spans the head has dropped so far.
func (h *HeadCount) Enter(dropped uint64) {
	if !h.there.Load() {
		h.from.Store(dropped)
		h.there.Store(true)
	}
}

// Leave says that the configuration has the connection no longer.
func (h *HeadCount) Leave(dropped uint64) {
	h.before.Store(h.Of(dropped))
	h.there.Store(false)
}

// Of returns how many of all dropped spans the connection would have seen.
func (h *HeadCount) Of(dropped uint64) uint64 {
	n := h.before.Load()
	if from := h.from.Load(); h.there.Load() && dropped > from {
		n += dropped - from
	}
	return n
}
