package safecall_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tracehook/tracehook/internal/safecall"
)

func TestAskerOutlivesWhoAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var a safecall.Asker[int]
		hang := make(chan struct{})
		var asked atomic.Int64
		check := func(what string, want int, took time.Duration, ask func() int) {
			t.Helper()
			start := time.Now()
			if got := a.Ask(func() int { asked.Add(1); return ask() }); got != want || time.Since(start) != took {
				t.Errorf("%s: %d after %v, want %d after %v", what, got, time.Since(start), want, took)
			}
		}
		check("an answer", 5, 0, func() int { return 5 })
		check("slow", 6, safecall.Patience/2, func() int { time.Sleep(safecall.Patience / 2); return 6 })
		check("hangs", 6, safecall.Patience, func() int { <-hang; return 7 })
		check("still hangs", 6, 0, func() int { return 8 })
		if asked.Load() != 3 {
			t.Errorf("asked %d times, want 3: not while a question hangs", asked.Load())
		}
		close(hang)
		synctest.Wait()
		check("answers again", 9, 0, func() int { return 9 })
		check("panics", 0, 0, func() int { panic("no") }) //nolint:forbidigo // this is what it is for
		check("ends its goroutine", 0, 0, func() int { runtime.Goexit(); return 1 })
		check("an answer", 5, 0, func() int { return 5 })
	})
}

// TestAskerConcurrentSafe asks for a number that grows: nobody gets one from before the question. The
// time is a fake one, so that a busy machine isn't taken for code that hangs.
func TestAskerConcurrentSafe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var a safecall.Asker[int64]
		var n atomic.Int64
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for range 500 {
					before := n.Add(1)
					if got := a.Ask(n.Load); got < before {
						t.Errorf("%d, from before the question: want at least %d", got, before)
						return
					}
				}
			})
		}
		group.Wait()
	})
}
