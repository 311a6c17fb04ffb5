package safecall_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/tracehook/tracehook/internal/safecall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestGoReturnsWhatHappened(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]func() error{
		"":                              func() error { return nil },
		"disk full":                     func() error { return errors.New("disk full") },
		"the guest panicked: no":        func() error { panic("no") }, //nolint:forbidigo // this is what it is for
		"the guest ended the goroutine": func() error { runtime.Goexit(); return nil },
	} {
		got := ""
		if err := <-safecall.Go("the guest", f); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAwaitWaitsAMomentLongerThanItsContext(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name        string
		comes, took time.Duration
		want        bool
	}{
		{"in time", time.Millisecond, time.Millisecond, true},
		{"at the last moment", time.Second + safecall.Grace/2, time.Second + safecall.Grace/2, true},
		{"too late", time.Minute, time.Second + safecall.Grace, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				c := make(chan int, 1)
				time.AfterFunc(tc.comes, func() { c <- 7 })
				start := time.Now()
				value, ok := safecall.Await(ctx, c)
				if ok != tc.want || ok != (value == 7) || time.Since(start) != tc.took {
					t.Errorf("got %d, %v after %v; want %v after %v", value, ok, time.Since(start), tc.want, tc.took)
				}
			})
		})
	}
}

func TestAwaitTakesWhatIsThereAfterTheEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	closed := make(chan struct{})
	close(closed)
	for range 100 { // a select among two that are ready is a matter of chance
		if _, ok := safecall.Await(ctx, closed); !ok {
			t.Fatal("what had come was not taken")
		}
	}
}
