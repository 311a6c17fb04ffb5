package safelog_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/tracehook/tracehook/internal/safecall"
	"github.com/tracehook/tracehook/internal/safelog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rude is a handler that does what no handler should.
type rude struct {
	slog.Handler
	enabled, handle, with func()
}

func no() { panic("no") } //nolint:forbidigo // this is what it is for

func do(f func()) {
	if f != nil {
		f()
	}
}

func (r rude) Enabled(context.Context, slog.Level) bool { do(r.enabled); return true }
func (r rude) Handle(ctx context.Context, rec slog.Record) error {
	if rec.Message == "bad" {
		do(r.handle)
	}
	return r.Handler.Handle(ctx, rec)
}
func (r rude) WithAttrs([]slog.Attr) slog.Handler { do(r.with); return r }
func (r rude) WithGroup(string) slog.Handler      { do(r.with); return r }

func TestAHandlerThatPanicsLosesItsOwnLinesOnly(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]rude{
		"enabled": {enabled: no}, "handle": {handle: no}, "with": {with: no}, "all": {enabled: no, handle: no, with: no},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			h.Handler = slog.NewTextHandler(&out, nil)
			log := safelog.Guard(slog.New(h))
			log.Warn("bad")
			log.With("a", 1).WithGroup("g").Warn("good")
			if got := strings.Contains(out.String(), "msg=good"); got != (h.enabled == nil) {
				t.Errorf("the good line is there: %v; the log is %q", got, out.String())
			}
			if strings.Contains(out.String(), "msg=bad") != (h.handle == nil && h.enabled == nil) {
				t.Errorf("the log is %q", out.String())
			}
		})
	}
}

func TestQueueKeepsTheOrderAndSurvivesItsHandler(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(){
		"none": func() {}, "panic": no, "goroutine": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			q := safelog.NewQueue(slog.New(rude{Handler: slog.NewTextHandler(&out, nil), handle: fault}))
			log := q.Logger().With("k", "v")
			var want, got []string
			for i := range 100 {
				log.Info(fmt.Sprint("line", i))
				log.Info("bad")
				want = append(want, fmt.Sprint("line", i))
			}
			q.Wait(t.Context())
			for l := range strings.Lines(out.String()) {
				_, msg, _ := strings.Cut(strings.TrimSpace(l), "msg=")
				if msg != "bad" {
					got = append(got, msg)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("the lines are %s", got)
			}
		})
	}
}

func TestQueueBeforeAHandlerThatHangs(t *testing.T) {
	t.Parallel()
	for name, where := range map[string]func(*rude, func()){
		"enabled": func(r *rude, f func()) { r.enabled = f },
		"handle":  func(r *rude, f func()) { r.handle = f },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				h := rude{Handler: slog.NewTextHandler(&out, nil)}
				hang := make(chan struct{})
				where(&h, func() { <-hang })
				q := safelog.NewQueue(slog.New(h))
				q.Logger().Info("bad")
				synctest.Wait()
				const more = 3000
				for range more {
					q.Logger().Info("more")
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				begun := time.Now()
				if q.Wait(ctx); ctx.Err() == nil || time.Since(begun) > 2*time.Second {
					t.Errorf("Wait has waited %s, want about a second", time.Since(begun))
				}
				begun = time.Now()
				if q.Wait(t.Context()); time.Since(begun) != 5*time.Second+safecall.Grace {
					t.Errorf("Wait without a deadline has waited %s, want 5s and a moment", time.Since(begun))
				}
				close(hang)
				q.Wait(t.Context())
				written := strings.Count(out.String(), "msg=more")
				if lost := fmt.Sprintf("lines=%d\n", more-written); written == more || !strings.Contains(out.String(), lost) {
					t.Errorf("%d lines were written; the log ends with %q", written, out.String()[max(0, out.Len()-200):])
				}
			})
		})
	}
}
