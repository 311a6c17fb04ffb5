package connection

import (
	"sync"
	"sync/atomic"
)

// notifier wakes everybody who waits for something to move. A waiter calls listen, then
// checks whether it still has to wait, then waits for the channel: a notify after the check
// closes that channel. With nobody waiting, notify is one atomic load.
type notifier struct {
	waiting atomic.Int32
	mu      sync.Mutex
	ch      chan struct{}
}

// listen returns a channel that the next notify closes. Each listen needs one ignore.
func (n *notifier) listen() <-chan struct{} {
	n.waiting.Add(1)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ch == nil {
		n.ch = make(chan struct{})
	}
	return n.ch
}

// ignore ends what listen began.
func (n *notifier) ignore() { n.waiting.Add(-1) }

func (n *notifier) notify() {
	if n.waiting.Load() == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ch != nil {
		close(n.ch)
		n.ch = nil
	}
}
