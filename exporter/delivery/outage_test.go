package delivery_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/test/locked"
)

// logged returns a logger and what it writes, without the time.
func logged() (*slog.Logger, *locked.Buffer) {
	var b locked.Buffer
	return slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelInfo, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})), &b
}

func TestAnOutageIsLoggedOnceAndItsEndOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		logger, out := logged()
		d := &script{verdicts: []delivery.Verdict{{}}}
		s := delivery.NewSender(d, delivery.Options{Logger: logger, Once: true})
		_ = s.Deliver(t.Context(), batch())
		if s.Down() || len(out.String()) > 0 {
			t.Errorf("down %t before anything failed:\n%s", s.Down(), out)
		}
		d.verdicts = []delivery.Verdict{retry(0)}
		for range 5 {
			_ = s.Deliver(t.Context(), batch())
			time.Sleep(10 * time.Second)
		}
		if err := s.Outage(); !errors.Is(err, errAway) || !strings.Contains(err.Error(), "down since 2000-01-01T00:00:00Z: connection refused") {
			t.Errorf("the outage is %v", err)
		}
		d.verdicts = []delivery.Verdict{{}}
		for range 3 {
			_ = s.Deliver(t.Context(), batch())
		}
		const want = `level=WARN msg="the destination is down" since=2000-01-01T00:00:00Z error="connection refused"
level=INFO msg="the destination answers again" after=50s
`
		if out.String() != want {
			t.Errorf("got\n%swant\n%s", out, want)
		}
	})
}

// A destination that comes and goes must not fill the log, and one that stays away in the end
// must not be silent.
func TestOutagesInARowAreNotAllLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		logger, out := logged()
		d := &script{}
		s := delivery.NewSender(d, delivery.Options{Logger: logger, Once: true})
		for range 100 {
			for _, v := range []delivery.Verdict{retry(0), {}} {
				d.verdicts = []delivery.Verdict{v}
				_ = s.Deliver(t.Context(), batch())
			}
			time.Sleep(10 * time.Millisecond)
		}
		d.verdicts = []delivery.Verdict{retry(0)}
		_ = s.Deliver(t.Context(), batch())
		if n := strings.Count(out.String(), "\n"); n != 2 {
			t.Errorf("%d lines, want one outage and its end:\n%s", n, out)
		}
		time.Sleep(10 * time.Second)
		_ = s.Deliver(t.Context(), batch())
		if n := strings.Count(out.String(), "is down"); n != 2 {
			t.Errorf("%d outages are logged, want 2: the last one lasts\n%s", n, out)
		}
	})
}

// A batch waits for its attempt at a destination that is down for no longer than its budget.
func TestTheWaitForADestinationThatIsDownIsWithinTheBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &script{verdicts: []delivery.Verdict{retry(0)}}
		s := delivery.NewSender(d, delivery.Options{Budget: 500 * time.Millisecond, Backoff: delivery.Backoff{Initial: 8 * time.Second, Max: 8 * time.Second}})
		for i := range 4 {
			began := time.Now()
			if err := s.Deliver(t.Context(), batch()); err == nil {
				t.Fatal("no error")
			}
			if took := time.Since(began); took > 500*time.Millisecond {
				t.Errorf("batch %d took %v, with a budget of 500 ms", i, took)
			}
		}
		if !s.Down() {
			t.Error("the destination isn't known to be down, which shows nothing")
		}
	})
}

func TestASuspicionIsNotLogged(t *testing.T) {
	t.Parallel()
	logger, out := logged()
	s := delivery.NewSender(&script{verdicts: []delivery.Verdict{{}}}, delivery.Options{Logger: logger})
	s.SetDown(nil)
	if !s.Down() || s.Outage() == nil {
		t.Errorf("down %t, %v", s.Down(), s.Outage())
	}
	_ = s.Attempt(t.Context(), batch())
	if s.Down() || len(out.String()) > 0 {
		t.Errorf("down %t after an answer:\n%s", s.Down(), out)
	}
}

func TestEnoughEndsTheRetries(t *testing.T) {
	t.Parallel()
	v := retry(0)
	v.Enough = true
	d := &script{verdicts: []delivery.Verdict{v, {}}}
	if err := delivery.NewSender(d, delivery.Options{}).Deliver(t.Context(), batch()); !errors.Is(err, errAway) || len(d.at) != 1 {
		t.Errorf("%d attempts, %v", len(d.at), err)
	}
}

// An export that is canceled, as at the end of a process, says nothing about the destination.
func TestACanceledExportIsNoOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		logger, out := logged()
		d := &script{verdicts: []delivery.Verdict{retry(0)}}
		s := delivery.NewSender(d, delivery.Options{Logger: logger, Backoff: delivery.Backoff{Initial: time.Minute, Max: time.Minute}, Budget: time.Hour})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := s.Deliver(ctx, batch()); err == nil {
			t.Error("it was delivered")
		}
		if s.Down() || out.String() != "" {
			t.Errorf("down: %t\n%s", s.Down(), out)
		}
		late, stop := context.WithTimeout(t.Context(), time.Second) // its time is up: that is the destination's doing
		defer stop()
		if err := s.Deliver(late, batch()); err == nil || !s.Down() {
			t.Errorf("after the time of an export: down %t, %v", s.Down(), err)
		}
	})
}
