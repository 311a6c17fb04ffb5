package safecall

import (
	"sync"
	"time"
)

// Patience is how long [Asker.Ask] waits for an answer. Code that counts something has it at once.
const Patience = 50 * time.Millisecond

// Asker asks code of others the same question again and again, on a goroutine of its own. While a
// question goes unanswered no other one is asked, so that one goroutine is lost at most. The zero value
// is ready to use, from any goroutine.
type Asker[T any] struct {
	mu      sync.Mutex
	last    T             // the last answer
	running chan struct{} // closed when the question is answered; nil while none is asked
	stuck   bool          // somebody has waited for that in vain
}

// Ask returns what ask returns; the zero value if it panics or ends its goroutine; and the last answer
// if it hangs, at once where that is known.
func (a *Asker[T]) Ask(ask func() T) T {
	patience := time.NewTimer(Patience)
	defer patience.Stop()
	for {
		done, mine := a.begin(ask)
		if done == nil {
			return a.latest()
		}
		select {
		case <-done:
			if mine {
				return a.latest()
			} // else it may have been asked too early
		case <-patience.C:
			a.giveUp(done)
			return a.latest()
		}
	}
}

// begin asks, if nobody else does, and returns what is closed when that question is answered; nil if it
// is known to hang.
func (a *Asker[T]) begin(ask func() T) (done chan struct{}, mine bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.stuck:
		return nil, false
	case a.running != nil:
		return a.running, false
	}
	a.running = make(chan struct{})
	go a.run(a.running, ask)
	return a.running, true
}

func (a *Asker[T]) giveUp(done chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stuck = a.running == done
}

func (a *Asker[T]) latest() T {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last
}

func (a *Asker[T]) run(done chan struct{}, ask func() T) {
	var answer T
	defer func() {
		_ = recover()
		a.mu.Lock()
		a.last, a.running, a.stuck = answer, nil, false
		a.mu.Unlock()
		close(done)
	}()
	answer = ask()
}
