package ledger_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/exporter/report"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

func book(l *ledger.Account, r report.Result) {
	l.Update(func(t *ledger.Totals) {
		n := uint64(r.Exported + r.Failed + r.Spooled)
		t.Count(n, r.Failed > 0)
		t.Book(ledger.Tally{Spans: n}, &r, time.Now())
	})
}

// TestHealthFollowsExportsAndDrops tells a story, a second between two steps.
func TestHealthFollowsExportsAndDrops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := ledger.New("c", new(ledger.Spools)).NewAccount(&generation{})
		began := time.Now()
		status := ledger.Status{Made: began, Patience: 10 * time.Second, Factor: 1}
		no := errors.New("no")
		for i, step := range []struct {
			do    func()
			state ledger.State
			since int // seconds after the beginning
			why   string
		}{
			{func() {}, ledger.OK, 0, "nothing has been exported yet"},
			{func() { book(l, report.Result{Exported: 5}) }, ledger.OK, 0, ""},
			{func() { book(l, report.Result{Failed: 5, Err: no}) }, ledger.Failing, 3, "the last export delivered nothing: no"},
			{func() { book(l, report.Result{Failed: 5, Err: no}) }, ledger.Failing, 3, "2 exports in a row delivered nothing: no"},
			{func() { book(l, report.Result{Exported: 4, Spooled: 1, Err: no}) }, ledger.Degraded, 5, "the last export delivered only a part: no"},
			{func() { book(l, report.Result{Failed: 5, Err: no}) }, ledger.Failing, 6, "the last export delivered nothing: no"},
			{func() { book(l, report.Result{Exported: 5}) }, ledger.OK, 7, ""},
			{func() { l.DropFull(decision.Always) }, ledger.Degraded, 8, "its queue is full: 1 span was dropped so far"},
			{func() { time.Sleep(7 * time.Second) }, ledger.Degraded, 8, "its queue is full: 1 span was dropped so far"},
			{func() { l.DropFull(decision.Always) }, ledger.Degraded, 8, "its queue is full: 2 spans were dropped so far"},
			{func() { time.Sleep(10 * time.Second) }, ledger.OK, 27, ""},
			{func() { l.DropClosed(decision.Always) }, ledger.Degraded, 29, "its queue is full: 3 spans were dropped so far"},
			{func() { time.Sleep(10 * time.Second) }, ledger.OK, 39, ""},
			{func() { status.Running, status.RunningSince = 5, time.Now().Add(-12*time.Second) }, ledger.Degraded, 39, "5 spans are in an export that has been running for 12s"},
			{func() { status.NotOpen = "no file" }, ledger.Failing, 0, "it is not open yet: no file"},
		} {
			time.Sleep(time.Second)
			step.do()
			got := l.Health(&status, time.Now())
			if since := got.Since.Sub(began); got.State != step.state || got.Why != step.why || since != time.Duration(step.since)*time.Second {
				t.Errorf("step %d: %s since %v: %q\nwant %s since %ds: %q", i, got.State, since, got.Why, step.state, step.since, step.why)
			}
		}
	})
}

func TestHealthSaysHowManyAreAbandoned(t *testing.T) {
	t.Parallel()
	l := ledger.New("c", new(ledger.Spools)).NewAccount(&generation{})
	l.Update(func(t *ledger.Totals) { t.Abandon(ledger.Tally{Spans: 7}, errors.New("gone"), time.Now()) })
	got := l.Health(&ledger.Status{}, time.Now())
	if got.State != ledger.Failing || !strings.Contains(got.Why, "(7 spans are in one that has not returned): gone") {
		t.Errorf("%+v", got)
	}
}
