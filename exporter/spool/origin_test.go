package spool_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/spool"
)

// leaveFor spools batches of a connection for a destination that is down.
func leaveFor(tb testing.TB, o spool.Options, numbers ...uint64) {
	tb.Helper()
	d := &destination{}
	d.set(down)
	s := open(tb, d, o)
	for _, n := range numbers {
		if err := s.Put(batch(n)); err != nil {
			tb.Fatal(err)
		}
	}
	if err := s.Close(context.Background()); err != nil {
		tb.Fatal(err)
	}
}

// What was spooled for one address goes to another only where that is said, and comes back to its
// own.
func TestSpooledBatchesKeepTheirAddress(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "spool")
	at := func(origin string, adopt ...string) spool.Options {
		return spool.Options{Dir: dir, Origin: origin, Adopt: adopt}
	}
	leaveFor(t, at("http://a:4318"), 1, 2)
	d := &destination{}
	s := open(t, d, at("http://b:4318"))
	if n, _, _, _ := s.Counts(); n != 0 || s.Inherited() != 0 {
		t.Errorf("%d spans are to be sent to another address", n)
	}
	if err := s.Close(context.Background()); err != nil || len(d.delivered()) != 0 {
		t.Errorf("%v; %v arrived", err, d.delivered())
	}
	for _, o := range []spool.Options{at("http://a:4318"), at("http://c:4318", "http://a:4318")} {
		d = &destination{}
		s = open(t, d, o)
		eventually(t, "it is as it should be", func() bool { return len(d.delivered()) == 2 })
		if err := s.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		leaveFor(t, at("http://a:4318"), 1, 2) // for the next round
		leaveFor(t, at("http://b:4318"))
	}
}

// A connection that was renamed takes its spool along, and one that is in use stays where it is.
func TestASpoolIsAdopted(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "spool")
	leaveFor(t, spool.Options{Dir: dir, Connection: "old"}, 1, 2, 3)
	d := &destination{}
	o := spool.Options{Dir: dir, Connection: "new", Adopt: []string{"old", "never there"}}
	user := open(t, &destination{}, spool.Options{Dir: dir, Connection: "never there"})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := spool.Open(ctx, delivery.NewSender(d, delivery.Options{}), o); err == nil || !strings.Contains(err.Error(), `adopt "never there"`) || !strings.Contains(err.Error(), "is used by process") {
		t.Errorf("a spool in use: %v", err)
	}
	if err := user.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	s := open(t, d, o)
	eventually(t, "it is as it should be", func() bool { return len(d.delivered()) == 3 })
	if s.Inherited() != 30 {
		t.Errorf("%d spans were inherited", s.Inherited())
	}
}

// A spool that no connection uses is told, once, and what isn't too old in it stays.
func TestOrphansAreTold(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "spool")
	leaveFor(t, spool.Options{Dir: dir, Connection: "gone"}, 1, 2)
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		s, err := spool.Open(t.Context(), delivery.NewSender(&destination{}, delivery.Options{}), spool.Options{
			Dir: dir, Connection: "here", Logger: slog.New(slog.NewTextHandler(&out, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if n := strings.Count(out.String(), "a spool that no connection uses holds spans"); n != 1 || !strings.Contains(out.String(), "spans=20") {
			t.Errorf("told %d times:\n%s", n, out.String())
		}
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	old := open(t, &destination{}, spool.Options{Dir: dir, Connection: "gone"})
	if old.Inherited() != 20 {
		t.Errorf("%d spans are left of 20 that aren't old", old.Inherited())
	}
}

// full = "oldest" keeps what is new, and counts what it removes as expired.
func TestAFullSpoolCanDropItsOldest(t *testing.T) {
	t.Parallel()
	d := &destination{}
	d.set(down)
	s := open(t, d, spool.Options{MaxBytes: 4 * 4096, Full: spool.Oldest})
	for n := range uint64(10) {
		if err := s.Put(batch(n)); err != nil {
			t.Fatal(err)
		}
	}
	if pending, _, dead, expired := s.Counts(); pending != 40 || expired != 60 || dead != 0 {
		t.Errorf("pending %d, expired %d, dead %d", pending, expired, dead)
	}
	d.recoverAt(6)
	eventually(t, "it is as it should be", func() bool { return len(d.delivered()) >= 4 })
	if got := d.delivered(); !cmp.Equal(got, []uint64{6, 7, 8, 9}) {
		t.Errorf("%v were kept", got)
	}
}

// What was refused is sent after it was revived, and dead/ doesn't keep it for ever.
func TestTheDeadComeBackOrLeave(t *testing.T) {
	t.Parallel()
	for _, revive := range []bool{true, false} {
		o := spool.Options{Dir: filepath.Join(t.TempDir(), "spool"), Connection: "test"}
		d := &destination{}
		d.set(refused)
		s := open(t, d, o)
		if _, _, spooled := result(t, s.Deliver(t.Context(), batch(7))); spooled != 10 {
			t.Fatalf("%d spans are in dead/", spooled)
		}
		if _, err := spool.Revive(t.Context(), o); err == nil {
			t.Error("a spool in use was changed")
		}
		if err := s.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if revive {
			if n, err := spool.Revive(t.Context(), o); n != 10 || err != nil {
				t.Errorf("%d spans, %v", n, err)
			}
		} else {
			o.DeadMaxAge = time.Nanosecond
		}
		d = &destination{}
		s = open(t, d, o)
		eventually(t, "it is as it should be", func() bool {
			left, err := os.ReadDir(filepath.Join(o.Dir, "test", "dead"))
			return errors.Is(err, nil) && len(left) == 0 && (!revive || len(d.delivered()) == 1)
		})
		if err := s.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}
