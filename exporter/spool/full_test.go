package spool_test

import (
	"encoding/binary"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/spool"
)

// blocks returns a batch of two blocks.
func blocks(n uint64) delivery.Batch {
	body := make([]byte, 8192)
	binary.BigEndian.PutUint64(body, n)
	return delivery.Batch{Body: body, Spans: 10}
}

// fill delivers batches to a destination that is down, and expects that some are kept, and from
// some moment on none. It returns those that were kept.
func fill(t *testing.T, s *spool.Spool, first, n uint64) (kept []uint64) {
	t.Helper()
	failures := 0
	for i := first; i < first+n; i++ {
		err := s.Deliver(t.Context(), blocks(i))
		exported, failed, spooled := result(t, err)
		switch {
		case exported == 0 && failed == 0 && spooled == 10:
			kept = append(kept, i)
		case exported == 0 && failed == 10 && spooled == 0:
			failures++
			if !strings.Contains(err.Error(), "no space left") {
				t.Errorf("batch %d: the error doesn't say why: %v", i, err)
			}
		default:
			t.Errorf("batch %d: exported %d, failed %d, spooled %d", i, exported, failed, spooled)
		}
	}
	if len(kept) == 0 || failures == 0 {
		t.Fatalf("%d kept, %d failed: the test shows nothing", len(kept), failures)
	}
	if got := pending(s); got != int64(10*len(kept)) {
		t.Errorf("%d spans pending, %d were acknowledged", got, 10*len(kept))
	}
	if got := files(t, s.Dir()); len(got) != len(kept) {
		t.Errorf("%d files for %d batches", len(got), len(kept))
	}
	if left, _ := filepath.Glob(filepath.Join(s.Dir(), ".tmp-*")); len(left) > 0 {
		t.Errorf("half-written files are left: %v", left)
	}
	return kept
}

// heal brings the destination back and expects everything that was acknowledged, and that the
// spool then keeps batches as before.
func heal(t *testing.T, d *destination, s *spool.Spool, kept []uint64) {
	t.Helper()
	d.set(up)
	eventually(t, "all replayed", func() bool { return pending(s) == 0 })
	got := map[uint64]bool{}
	for _, n := range d.delivered() {
		got[n] = true
	}
	for _, n := range kept {
		if !got[n] {
			t.Errorf("batch %d was acknowledged and is lost", n)
		}
	}
	if len(d.delivered()) != len(kept) {
		t.Errorf("%d batches delivered, %d acknowledged", len(d.delivered()), len(kept))
	}
	if _, replayed, dead, expired := s.Counts(); replayed != int64(10*len(kept)) || dead != 0 || expired != 0 {
		t.Errorf("replayed %d, dead %d, expired %d of %d", replayed, dead, expired, 10*len(kept))
	}
	d.set(down)
	if _, failed, spooled := result(t, s.Deliver(t.Context(), blocks(1000))); failed != 0 || spooled != 10 {
		t.Errorf("after there was room again: %d failed, %d spooled", failed, spooled)
	}
	d.set(up)
	eventually(t, "the last one", func() bool { return pending(s) == 0 })
}

// failing fails at one step while full says so. Writes break off in the middle.
type failing struct {
	spool.File

	step string
	full *atomic.Bool
}

func (f failing) fail(step string) bool { return f.step == step && f.full.Load() }

func (f failing) Write(body []byte) (int, error) {
	if f.fail("write") {
		n, _ := f.File.Write(body[:len(body)/2])
		return n, syscall.ENOSPC
	}
	return f.File.Write(body)
}

func (f failing) Sync() error {
	if f.fail("sync") {
		return syscall.ENOSPC
	}
	return f.File.Sync()
}

func (f failing) Close() error {
	err := f.File.Close()
	if f.fail("close") { // as network file systems do
		return syscall.ENOSPC
	}
	return err
}

func TestAWriteThatFailsLosesNothingElse(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"write", "sync", "close"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			d := &destination{answer: down}
			s := open(t, d, spool.Options{})
			var full atomic.Bool
			written := 0
			spool.Wrap(s, func(f spool.File) spool.File {
				written++
				full.Store(written > 5)
				return failing{f, step, &full}
			})
			kept := fill(t, s, 0, 20)
			written = -1000
			heal(t, d, s, kept)
		})
	}
}
