package spool_test

import (
	"context"
	"encoding/binary"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/report"
	"github.com/tracehook/tracehook/exporter/spool"
)

var errAway = errors.New("connection refused")

// destination is a transport whose answers a test decides. A batch's body is its number.
type destination struct {
	mu     sync.Mutex
	answer func(number uint64) delivery.Verdict
	got    []uint64
	tried  []uint64
	hang   chan struct{} // attempts wait for it, or for their context
	until  time.Time     // the deadline of the first attempt
}

func (d *destination) set(f func(uint64) delivery.Verdict) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = f
}

// recoverAt has the destination answer again from the next attempt at the oldest batch on. In
// between, the next batch may be tried when the oldest has failed often, and would arrive first.
func (d *destination) recoverAt(oldest uint64) {
	d.set(func(n uint64) delivery.Verdict {
		if n != oldest {
			return down(n)
		}
		d.answer = up
		return up(n)
	})
}

func (d *destination) delivered() []uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]uint64(nil), d.got...)
}

func (d *destination) attempts() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.tried)
}

func (d *destination) Send(ctx context.Context, b delivery.Batch) delivery.Verdict {
	d.mu.Lock()
	if d.until.IsZero() {
		d.until, _ = ctx.Deadline()
	}
	d.mu.Unlock()
	if d.hang != nil {
		select {
		case <-d.hang:
		case <-ctx.Done():
			return delivery.Verdict{Outcome: delivery.Retry, Uncertain: true, Err: ctx.Err()}
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	n := binary.BigEndian.Uint64(b.Body)
	d.tried = append(d.tried, n)
	var v delivery.Verdict
	if d.answer != nil {
		v = d.answer(n)
	}
	if v.Outcome == delivery.Delivered {
		d.got = append(d.got, n)
	}
	return v
}

func (*destination) Close() error { return nil }

func up(uint64) delivery.Verdict   { return delivery.Verdict{} }
func down(uint64) delivery.Verdict { return delivery.Verdict{Outcome: delivery.Retry, Err: errAway} }

func refused(uint64) delivery.Verdict {
	return delivery.Verdict{Outcome: delivery.Refused, Err: errors.New("no")}
}

func batch(n uint64) delivery.Batch {
	return delivery.Batch{Body: binary.BigEndian.AppendUint64(nil, n), Spans: 10}
}

// fast makes probing quick enough for a test on a real clock.
var fast = delivery.Backoff{Initial: time.Millisecond, Max: 4 * time.Millisecond}

func open(tb testing.TB, d *destination, o spool.Options) *spool.Spool {
	tb.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(tb.TempDir(), "spool")
	}
	if o.Connection == "" {
		o.Connection = "test"
	}
	if o.Backoff == (delivery.Backoff{}) {
		o.Backoff = fast
	}
	s, err := spool.Open(context.WithoutCancel(tb.Context()), delivery.NewSender(d, delivery.Options{Once: true}), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

// result returns what Deliver said about spans.
func result(tb testing.TB, err error) (exported, failed, spooled int) {
	tb.Helper()
	var e *report.Result
	if !errors.As(err, &e) {
		tb.Fatalf("got %v, want a Result", err)
	}
	return e.SpanResult()
}

// eventually waits for what happens in the background on a real clock.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatalf("never: %s", what)
		}
	}
}

func pending(s *spool.Spool) int64 {
	n, _, _, _ := s.Counts()
	return n
}

// files returns the names of the batches in a directory.
func files(tb testing.TB, dir string) []string {
	tb.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "v1-*"))
	if err != nil {
		tb.Fatal(err)
	}
	var batches []string
	for _, name := range names {
		if !strings.HasSuffix(name, ".reason") {
			batches = append(batches, name)
		}
	}
	return batches
}
