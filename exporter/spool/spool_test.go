package spool_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/spool"
)

func TestOverflowKeepsWhatCantBeSentAndReplaysInOrder(t *testing.T) {
	t.Parallel()
	d := &destination{answer: down}
	s := open(t, d, spool.Options{})
	for n := range uint64(20) {
		if _, failed, spooled := result(t, s.Deliver(t.Context(), batch(n))); failed != 0 || spooled != 10 {
			t.Fatalf("batch %d: %d failed, %d spooled, want 0 and 10", n, failed, spooled)
		}
	}
	if got := pending(s); got != 200 {
		t.Errorf("%d spans pending, want 200", got)
	}
	d.recoverAt(0)
	eventually(t, "all replayed", func() bool { return pending(s) == 0 })
	want := make([]uint64, 20)
	for i := range want {
		want[i] = uint64(i)
	}
	if diff := cmp.Diff(want, d.delivered()); diff != "" {
		t.Errorf("order of delivery (-want +got):\n%s", diff)
	}
	if left := files(t, s.Dir()); len(left) != 0 {
		t.Errorf("files left: %v", left)
	}
	if err := s.Deliver(t.Context(), batch(99)); err != nil {
		t.Errorf("after recovery: %v", err)
	}
	if _, replayed, dead, expired := s.Counts(); replayed != 200 || dead != 0 || expired != 0 {
		t.Errorf("replayed %d, dead %d, expired %d, want 200, 0, 0", replayed, dead, expired)
	}
}

func TestWhileDownTheDestinationIsNotTriedByEachBatch(t *testing.T) {
	t.Parallel()
	d := &destination{answer: down}
	s := open(t, d, spool.Options{Backoff: delivery.Backoff{Initial: time.Hour, Max: time.Hour}})
	for n := range uint64(100) {
		_ = s.Deliver(t.Context(), batch(n))
	}
	if got := d.attempts(); got > 2 { // the first batch, and one probe
		t.Errorf("%d attempts for 100 batches", got)
	}
}

func TestAlwaysWritesBeforeSending(t *testing.T) {
	t.Parallel()
	d := &destination{hang: make(chan struct{})}
	s := open(t, d, spool.Options{Mode: spool.Always})
	if _, _, spooled := result(t, s.Deliver(t.Context(), batch(7))); spooled != 10 {
		t.Errorf("%d spooled, want 10", spooled)
	}
	if got := files(t, s.Dir()); len(got) != 1 {
		t.Fatalf("%d files before the destination has answered, want 1", len(got))
	}
	close(d.hang)
	eventually(t, "delivered", func() bool { return pending(s) == 0 })
	if diff := cmp.Diff([]uint64{7}, d.delivered()); diff != "" {
		t.Error(diff)
	}
}

func TestRefusedBatchesAreBuriedWithTheReason(t *testing.T) {
	t.Parallel()
	for _, mode := range []spool.Mode{spool.Overflow, spool.Always} {
		d := &destination{answer: refused}
		s := open(t, d, spool.Options{Mode: mode, Connection: "a/b"})
		if _, failed, spooled := result(t, s.Deliver(t.Context(), batch(1))); failed != 0 || spooled != 10 {
			t.Errorf("mode %d: %d failed, %d spooled, want 0 and 10", mode, failed, spooled)
		}
		eventually(t, "buried", func() bool { _, _, dead, _ := s.Counts(); return dead == 10 })
		dead := files(t, filepath.Join(s.Dir(), "dead"))
		if len(dead) != 1 {
			t.Fatalf("mode %d: %d files in dead/, want 1", mode, len(dead))
		}
		reason, err := os.ReadFile(dead[0] + ".reason")
		if err != nil {
			t.Fatal(err)
		}
		if text := string(reason); !strings.Contains(text, `connection "a/b": no`) {
			t.Errorf("reason is %q", text)
		}
		body, err := os.ReadFile(dead[0])
		if err != nil || string(body) != string(batch(1).Body) {
			t.Errorf("the body in dead/ is %q, %v", body, err)
		}
		if got := pending(s); got != 0 {
			t.Errorf("mode %d: %d spans pending", mode, got)
		}
	}
}

func TestPartialSuccessIsNeverSentAgain(t *testing.T) {
	t.Parallel()
	partial := func(uint64) delivery.Verdict { return delivery.Verdict{Rejected: 3, Message: "too old"} }
	for _, mode := range []spool.Mode{spool.Overflow, spool.Always} {
		d := &destination{answer: partial}
		s := open(t, d, spool.Options{Mode: mode})
		exported, failed, spooled := result(t, s.Deliver(t.Context(), batch(1)))
		if want := map[spool.Mode][3]int{spool.Overflow: {7, 0, 3}, spool.Always: {0, 0, 10}}[mode]; want != [3]int{exported, failed, spooled} {
			t.Errorf("mode %d: exported %d, failed %d, spooled %d, want %v", mode, exported, failed, spooled, want)
		}
		eventually(t, "the rejected spans are dead", func() bool { _, _, dead, _ := s.Counts(); return dead == 3 })
		_, replayed, _, _ := s.Counts()
		if want := map[spool.Mode]int64{spool.Overflow: 0, spool.Always: 7}[mode]; replayed != want {
			t.Errorf("mode %d: replayed %d, want %d", mode, replayed, want)
		}
		if got := d.attempts(); got != 1 {
			t.Errorf("mode %d: %d attempts, want 1", mode, got)
		}
	}
}

func TestAFullSpoolKeepsWhatItHas(t *testing.T) {
	t.Parallel()
	d := &destination{answer: down}
	s := open(t, d, spool.Options{MaxBytes: 3 * 4096})
	for n := range uint64(3) {
		_ = s.Deliver(t.Context(), batch(n))
	}
	err := s.Deliver(t.Context(), batch(3))
	if _, failed, _ := result(t, err); failed != 10 {
		t.Errorf("%d failed, want 10", failed)
	}
	if !strings.Contains(err.Error(), "is full") {
		t.Errorf("the error doesn't say why: %v", err)
	}
	d.recoverAt(0)
	eventually(t, "replayed", func() bool { return pending(s) == 0 })
	if diff := cmp.Diff([]uint64{0, 1, 2}, d.delivered()); diff != "" {
		t.Error(diff)
	}
}

// A batch that no spool can hold must not leave the connection down for ever: there is no
// backlog then that could find the destination up again.
func TestABatchThatDoesNotFitIsSentDirectly(t *testing.T) {
	t.Parallel()
	d := &destination{answer: down}
	s := open(t, d, spool.Options{MaxBytes: 1})
	if _, failed, _ := result(t, s.Deliver(t.Context(), batch(0))); failed != 10 {
		t.Errorf("%d failed, want 10", failed)
	}
	d.set(up)
	if err := s.Deliver(t.Context(), batch(1)); err != nil {
		t.Errorf("the destination is up: %v", err)
	}
}

func TestOldBatchesExpire(t *testing.T) {
	t.Parallel()
	d := &destination{answer: down}
	s := open(t, d, spool.Options{MaxAge: 2 * time.Second})
	_ = s.Deliver(t.Context(), batch(1))
	eventually(t, "expired", func() bool { _, _, _, expired := s.Counts(); return expired == 10 })
	if left := files(t, s.Dir()); len(left) != 0 {
		t.Errorf("files left: %v", left)
	}
	d.set(up)
	if _, _, spooled := result(t, s.Deliver(t.Context(), batch(2))); spooled != 10 {
		t.Error("still down as far as anybody knows: the batch belongs into the spool")
	}
	eventually(t, "the next batch finds the destination up", func() bool { return len(d.delivered()) == 1 })
}

// The destination fails on one batch and takes the others: it must not block them for ever.
func TestPoisonIsSteppedOverAndDead(t *testing.T) {
	t.Parallel()
	d := &destination{answer: down}
	s := open(t, d, spool.Options{})
	for n := range uint64(12) {
		_ = s.Deliver(t.Context(), batch(n))
	}
	d.set(func(n uint64) delivery.Verdict {
		if n == 4 {
			return down(n)
		}
		return delivery.Verdict{}
	})
	eventually(t, "all settled", func() bool { return pending(s) == 0 })
	_, replayed, dead, _ := s.Counts()
	if replayed != 110 || dead != 10 {
		t.Errorf("replayed %d, dead %d, want 110 and 10", replayed, dead)
	}
}

func TestALongOutageIsNoPoison(t *testing.T) {
	t.Parallel()
	d := &destination{answer: down}
	s := open(t, d, spool.Options{})
	for n := range uint64(5) {
		_ = s.Deliver(t.Context(), batch(n))
	}
	eventually(t, "many attempts", func() bool { return d.attempts() > 40 })
	if _, _, dead, _ := s.Counts(); dead != 0 {
		t.Errorf("%d spans are dead", dead)
	}
}

// Three others are enough to tell that a batch is at fault, and not the destination.
func TestABatchThatFailsWhileThreeOthersSucceedIsDead(t *testing.T) {
	t.Parallel()
	d := &destination{answer: down}
	s := open(t, d, spool.Options{})
	for n := range uint64(4) {
		_ = s.Put(batch(n))
	}
	d.set(func(n uint64) delivery.Verdict {
		if n == 0 {
			return down(n)
		}
		return up(n)
	})
	eventually(t, "the batch is dead", func() bool { _, _, dead, _ := s.Counts(); return dead == 10 })
	if got := len(d.delivered()); got != 3 || pending(s) != 0 {
		t.Errorf("%d batches are delivered and %d spans wait, want 3 and 0", got, pending(s))
	}
}

func TestRateBoundsTheReplay(t *testing.T) {
	t.Parallel()
	d := &destination{answer: down}
	s := open(t, d, spool.Options{Rate: 500}) // 50 batches of 10 a second
	for n := range uint64(11) {
		_ = s.Deliver(t.Context(), batch(n))
	}
	begin := time.Now()
	d.set(up)
	eventually(t, "replayed", func() bool { return pending(s) == 0 })
	if took := time.Since(begin); took < 150*time.Millisecond {
		t.Errorf("110 spans at 500 a second took %v", took)
	}
}

func TestTheEndOfAnExportKeepsTheBatch(t *testing.T) {
	t.Parallel()
	d := &destination{hang: make(chan struct{})}
	s := open(t, d, spool.Options{Sync: spool.SyncNever})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, failed, spooled := result(t, s.Deliver(ctx, batch(1))); failed != 0 || spooled != 10 {
		t.Errorf("%d failed, %d spooled, want 0 and 10", failed, spooled)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if deadline, _ := ctx.Deadline(); deadline.Sub(d.until) < 100*time.Millisecond {
		t.Errorf("the attempt may last until %v before the deadline: no time is reserved for writing", deadline.Sub(d.until))
	}
}

// What an earlier process has left goes first, though nobody knows yet whether the destination is up.
func TestBatchesOfAnEarlierProcessGoFirst(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "spool")
	first := open(t, &destination{answer: down}, spool.Options{Dir: dir})
	_ = first.Put(batch(1))
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	d := &destination{hang: make(chan struct{})}
	s := open(t, d, spool.Options{Dir: dir})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := s.Deliver(ctx, batch(2)); err == nil || !strings.Contains(err.Error(), "earlier batches wait on disk and go first") {
		t.Errorf("got %v", err)
	}
	close(d.hang)
	eventually(t, "all are delivered", func() bool { return len(d.delivered()) == 2 })
	if got := d.delivered(); got[0] != 1 || got[1] != 2 {
		t.Errorf("delivered in the order %d", got)
	}
}

func TestCloseIsQuickWhenTheDestinationHangs(t *testing.T) {
	t.Parallel()
	d := &destination{answer: down}
	s := open(t, d, spool.Options{})
	_ = s.Deliver(t.Context(), batch(1))
	begin := time.Now()
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("Close took %v", took)
	}
	if len(files(t, s.Dir())) != 1 {
		t.Error("the batch is gone")
	}
	if err := s.Put(batch(2)); err == nil {
		t.Error("Put after Close says that the batch is kept")
	}
	if err := s.Close(t.Context()); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

// recovering refuses the first batch and takes a while for the next ones.
type recovering struct {
	*destination
	trying chan struct{} // closed with the second attempt
	once   sync.Once
	calls  atomic.Int64
}

func (r *recovering) Send(ctx context.Context, b delivery.Batch) delivery.Verdict {
	if r.calls.Add(1) == 1 {
		return down(0)
	}
	r.once.Do(func() { close(r.trying) })
	select {
	case <-time.After(200 * time.Millisecond):
		return r.destination.Send(ctx, b)
	case <-ctx.Done():
		return delivery.Verdict{Outcome: delivery.Retry, Uncertain: true, Err: ctx.Err()}
	}
}

func TestCloseLetsARunningAttemptReturnSoThatNothingIsSentTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &recovering{destination: &destination{}, trying: make(chan struct{})}
		s, err := spool.Open(t.Context(), delivery.NewSender(r, delivery.Options{Once: true}),
			spool.Options{Dir: filepath.Join(t.TempDir(), "spool"), Connection: "test"})
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Deliver(t.Context(), batch(1))
		<-r.trying
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if got, left := len(r.delivered()), len(files(t, s.Dir())); got != 1 || left != 0 {
			t.Errorf("%d batches were delivered, %d are left; want 1, 0", got, left)
		}
	})
}

func TestCloseSendsWhatIsLeftIfTheDestinationAnswers(t *testing.T) {
	t.Parallel()
	d := &destination{}
	s := open(t, d, spool.Options{Mode: spool.Always})
	for n := range uint64(50) {
		_ = s.Deliver(t.Context(), batch(n))
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got := len(d.delivered()); got != 50 {
		t.Errorf("%d batches delivered, want 50", got)
	}
}

func TestManyWritersConcurrentSafe(t *testing.T) {
	t.Parallel()
	d := &destination{answer: down}
	s := open(t, d, spool.Options{Sync: spool.SyncNever})
	var wg sync.WaitGroup
	for w := range uint64(8) {
		wg.Go(func() {
			for n := range uint64(50) {
				if n == 25 && w == 0 {
					d.set(up)
				}
				if err := s.Deliver(t.Context(), batch(w*1000+n)); err != nil {
					if _, failed, _ := result(t, err); failed > 0 {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	eventually(t, "all delivered", func() bool { return pending(s) == 0 && len(d.delivered()) == 400 })
	seen := map[uint64]bool{}
	for _, n := range d.delivered() {
		if seen[n] {
			t.Errorf("batch %d delivered twice", n)
		}
		seen[n] = true
	}
}

// A context that is done says that there is no time to send: the batch is kept, and has not
// perhaps arrived.
func TestDeliverWithoutTimeKeeps(t *testing.T) {
	t.Parallel()
	d := &destination{}
	s := open(t, d, spool.Options{})
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("no time")
	cancel(why)
	err := s.Deliver(ctx, batch(1))
	if _, _, spooled := result(t, err); spooled != 10 || !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	eventually(t, "replayed", func() bool { return pending(s) == 0 })
}
