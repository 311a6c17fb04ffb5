package spool_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/spool"
)

// syncs counts how often the files and the directory are synced, and how many batches have their name
// by then.
type syncs struct {
	mu    sync.Mutex
	files int
	named []int
}

type syncedFile struct {
	spool.File
	at *syncs
}

func (f syncedFile) Sync() error {
	f.at.mu.Lock()
	defer f.at.mu.Unlock()
	f.at.files++
	return f.File.Sync()
}

func (y *syncs) watch(tb testing.TB, s *spool.Spool) {
	tb.Helper()
	spool.Wrap(s, func(f spool.File) spool.File { return syncedFile{f, y} })
	spool.SyncDir(s, func(dir string) error {
		y.mu.Lock()
		defer y.mu.Unlock()
		y.named = append(y.named, len(files(tb, dir)))
		return nil
	})
}

// A power cut keeps what counts as spooled: the file is synced before it gets its name, and the
// directory after that.
func TestABatchIsSyncedWithItsName(t *testing.T) {
	t.Parallel()
	var y syncs
	s := open(t, &destination{answer: down}, spool.Options{Sync: spool.SyncBatch})
	y.watch(t, s)
	for n := range uint64(2) {
		if err := s.Put(batch(n)); err != nil {
			t.Fatal(err)
		}
	}
	if y.files != 2 || len(y.named) != 2 || y.named[0] != 1 || y.named[1] != 2 {
		t.Errorf("%d files were synced, and the directory when it had %v batches; want 2, and when it had 1 and 2", y.files, y.named)
	}
	spool.SyncDir(s, func(string) error { return errors.New("no") })
	if s.Put(batch(3)) == nil {
		t.Error("a name that isn't durable counts as spooled")
	}
}

// A process that ends writes what waits in its queue without a sync for each batch, for which the
// time may not last, and syncs all of it at the end.
func TestWhatAnEndingProcessKeepsIsSyncedOnce(t *testing.T) {
	t.Parallel()
	var y syncs
	s := open(t, &destination{answer: down}, spool.Options{Sync: spool.SyncBatch})
	y.watch(t, s)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for n := range uint64(20) {
		if _, _, spooled := result(t, s.Deliver(done, batch(n))); spooled != 10 {
			t.Fatalf("%d of 10 spans were spooled", spooled)
		}
	}
	if y.files != 0 || len(y.named) != 0 {
		t.Errorf("%d files and %d directories were synced before the end", y.files, len(y.named))
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if len(y.named) != 1 || y.named[0] != 20 {
		t.Errorf("the directory was synced when it had %v batches, want once, with 20", y.named)
	}
}

// A batch that may have arrived and is sent again counts as resent; one that can't have arrived
// doesn't, wherever it was sent from.
func TestABatchThatMayHaveArrivedCountsAsResent(t *testing.T) {
	t.Parallel()
	for name, uncertain := range map[string]bool{"may have arrived": true, "can't have arrived": false} {
		for _, mode := range []spool.Mode{spool.Overflow, spool.Always} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				d := &destination{answer: func(uint64) delivery.Verdict {
					return delivery.Verdict{Outcome: delivery.Retry, Uncertain: uncertain, Err: errAway}
				}}
				sender := delivery.NewSender(d, delivery.Options{Once: true})
				s, err := spool.Open(t.Context(), sender, spool.Options{
					Dir: filepath.Join(t.TempDir(), "spool"), Connection: "test", Mode: mode, Backoff: fast,
				})
				if err != nil {
					t.Fatal(err)
				}
				if _, _, spooled := result(t, s.Deliver(t.Context(), batch(1))); spooled != 10 {
					t.Fatalf("%d spans were spooled", spooled)
				}
				eventually(t, "an attempt", func() bool { return d.attempts() > 0 })
				if mode == spool.Overflow { // the first attempt of the background job is the last one
					d.recoverAt(1)
				} else {
					d.set(up)
				}
				eventually(t, "replayed", func() bool { return pending(s) == 0 })
				if err := s.Close(t.Context()); err != nil {
					t.Error(err)
				}
				if resent := sender.Resent(); uncertain && resent < 10 || !uncertain && resent != 0 {
					t.Errorf("%d spans count as resent", resent)
				}
			})
		}
	}
}

// slow takes a while for each batch, or hangs.
type slow struct {
	*destination
	takes atomic.Int64
}

func (d *slow) Send(ctx context.Context, b delivery.Batch) delivery.Verdict {
	select {
	case <-time.After(time.Duration(d.takes.Load())):
		return d.destination.Send(ctx, b)
	case <-ctx.Done():
		return delivery.Verdict{Outcome: delivery.Retry, Uncertain: true, Err: ctx.Err()}
	}
}

// At its end a spool sends what is left to a destination that answers, for 2 s; it waits half a
// second for one that doesn't.
func TestCloseIsPatientOnlyWithADestinationThatAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		takes     time.Duration
		failed    bool
		delivered int
		close     time.Duration
	}{
		{"it answers", 300 * time.Millisecond, false, 6, 2 * time.Second},
		{"it hangs", time.Hour, false, 0, 2 * time.Second},
		{"it has failed and hangs", time.Hour, true, 0, 500 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := &slow{destination: &destination{}}
				if tt.failed {
					d.set(down)
				} else {
					d.takes.Store(int64(tt.takes))
				}
				s, err := spool.Open(t.Context(), delivery.NewSender(d, delivery.Options{Once: true, Timeout: 2 * time.Hour}),
					spool.Options{Dir: filepath.Join(t.TempDir(), "spool"), Connection: "test", Sync: spool.SyncNever})
				if err != nil {
					t.Fatal(err)
				}
				if tt.failed {
					_ = s.Deliver(t.Context(), batch(0))
					d.takes.Store(int64(tt.takes))
					time.Sleep(time.Minute) // the background job is in an attempt
				}
				for n := range uint64(20) {
					if err := s.Put(batch(n + 1)); err != nil {
						t.Fatal(err)
					}
				}
				begin := time.Now()
				if err := s.Close(t.Context()); err != nil {
					t.Error(err)
				}
				if took := time.Since(begin); took != tt.close {
					t.Errorf("Close took %v, want %v", took, tt.close)
				}
				if got := len(d.delivered()); got != tt.delivered {
					t.Errorf("%d batches were delivered, want %d", got, tt.delivered)
				}
			})
		})
	}
}
