package delivery_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/report"
)

var barred = delivery.Verdict{Outcome: delivery.Barred, Err: errors.New("answered 401"), Answered: true}

// At most ten small requests in the first minute, then one a minute; and no span is lost.
func TestAWrongDoorIsAskedLessAndLess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		logger, out := logged()
		begin := time.Now()
		open := func() bool { return time.Since(begin) > 10*time.Minute }
		r := &receiver{closed: func() delivery.Verdict {
			if open() {
				return delivery.Verdict{}
			}
			return barred
		}}
		r.judge = func(delivery.Batch, []string) delivery.Verdict {
			if open() {
				return delivery.Verdict{}
			}
			return barred
		}
		s := cutting(r, delivery.Options{Logger: logger, Budget: time.Hour})
		if err := s.Deliver(t.Context(), spans(t, 1, 1, 1)); err != nil || len(r.names) != 3 {
			t.Errorf("%d arrived, %v", len(r.names), err)
		}
		if s.Down() || s.Barred() != nil {
			t.Errorf("down %t, %v", s.Down(), s.Barred())
		}
		var first int
		for _, at := range r.probes {
			if at.Sub(begin) <= time.Minute {
				first++
			}
		}
		if first < 5 || first > 10 || len(r.bodies) != 2 {
			t.Errorf("%d probes in the first minute, %d batches", first, len(r.bodies))
		}
		if n := len(r.probes) - first; n < 8 || n > 11 {
			t.Errorf("%d probes in the other nine minutes", n)
		}
		if text := out.String(); strings.Count(text, "takes nothing from us") != 1 || strings.Count(text, "takes spans again") != 1 {
			t.Errorf("the log:\n%s", text)
		}
	})
}

// It says why while it lasts, and a batch waits no longer than its budget.
func TestAWrongDoorSaysWhy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{closed: func() delivery.Verdict { return barred }}
		r.judge = func(delivery.Batch, []string) delivery.Verdict { return barred }
		s := cutting(r, delivery.Options{Budget: 10 * time.Second})
		begin := time.Now()
		err := s.Deliver(t.Context(), spans(t, 1, 1))
		var result *report.Result
		if !errors.As(err, &result) || result.Failed != 2 || !strings.Contains(err.Error(), "answered 401") || time.Since(begin) != 10*time.Second {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
		if err := s.Barred(); !s.Down() || err == nil || !strings.Contains(err.Error(), "takes nothing from us since 2000-01-01T00:00:00Z: answered 401") {
			t.Errorf("down %t, %v", s.Down(), err)
		}
		if s.Outage() == nil {
			t.Error("no outage")
		}
	})
}

// A destination that takes what is empty, and nothing else, fills no log.
func TestADoorThatComesAndGoesIsNotAlwaysLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		logger, out := logged()
		r := &receiver{judge: func(delivery.Batch, []string) delivery.Verdict { return barred }}
		s := cutting(r, delivery.Options{Logger: logger})
		begin := time.Now()
		for time.Since(begin) < time.Minute {
			_ = s.Deliver(t.Context(), spans(t, 1))
		}
		shut, open := strings.Count(out.String(), "takes nothing from us"), strings.Count(out.String(), "takes spans again")
		if shut < 5 || shut > 7 || open < shut-1 || open > shut {
			t.Errorf("%d lines say that it takes nothing, %d that it takes spans again:\n%s", shut, open, out)
		}
	})
}

// A firewall that bars one span lets the others through.
func TestAFirewallCostsTheOneSpan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{judge: func(_ delivery.Batch, names []string) delivery.Verdict {
			if slices.Contains(names, "span-7") {
				return delivery.Verdict{Outcome: delivery.Barred, Err: errors.New("403"), Answered: true}
			}
			return delivery.Verdict{}
		}}
		s := cutting(r, delivery.Options{})
		err := s.Deliver(t.Context(), spans(t, repeated(10, 64)...))
		var result *report.Result
		if !errors.As(err, &result) || result.Failed != 1 || len(r.names) != 63 || !strings.Contains(err.Error(), `"span-7"`) {
			t.Errorf("%d arrived, %v", len(r.names), err)
		}
		if err := s.Deliver(t.Context(), spans(t, 1, 1)); err != nil || s.Barred() != nil {
			t.Errorf("%v, %v", err, s.Barred())
		}
	})
}
