package connection

import "sync/atomic"

// progress counts how often anything has come back from the exporter or the spool, and wakes
// those who wait for that.
type progress struct {
	notifier
	moves   atomic.Uint64
	stalled atomic.Uint64 // moves+1 when somebody waited in vain
}

// note says that something has come back.
func (p *progress) note() {
	p.moves.Add(1)
	p.notify()
}

// stallIfStill says that somebody has waited in vain since there were so many moves, and that
// none has come since: nobody else should wait then, a thousand callers would each lose their
// timeout one after the other.
func (p *progress) stallIfStill(moves uint64) {
	if p.moves.Load() == moves {
		p.stalled.Store(moves + 1)
	}
}

// isStalled reports whether that is still so.
func (p *progress) isStalled() bool {
	s := p.stalled.Load()
	return s != 0 && s == p.moves.Load()+1
}
