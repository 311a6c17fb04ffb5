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

// stall says that somebody has waited in vain.
func (p *progress) stall() { p.stalled.Store(p.moves.Load() + 1) }

// isStalled reports whether somebody has waited in vain since anything last came back.
// Nobody waits then: a thousand callers would each lose their timeout one after the other.
func (p *progress) isStalled() bool {
	s := p.stalled.Load()
	return s != 0 && s == p.moves.Load()+1
}
