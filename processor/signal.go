package processor

import (
	"sync"
	"sync/atomic"
)

// signal wakes all who wait for something to move. Who waits calls listen, then looks
// whether it still has to wait, then waits for the channel: so nothing is missed. With
// nobody waiting, a broadcast is one atomic load.
type signal struct {
	waiting atomic.Int32
	mu      sync.Mutex
	ch      chan struct{}
}

// listen returns a channel that the next broadcast closes. Each listen needs one ignore.
func (s *signal) listen() <-chan struct{} {
	s.waiting.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

// ignore ends what listen began.
func (s *signal) ignore() { s.waiting.Add(-1) }

func (s *signal) broadcast() {
	if s.waiting.Load() == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}
