package otlp_test

import (
	"context"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/exporter/report"
	"github.com/tracehook/tracehook/exporter/spool"
	"github.com/tracehook/tracehook/test/otlptest"
)

// quick lets an outage of milliseconds be one.
func quick(o otlp.Options) otlp.Options {
	o.Backoff = delivery.Backoff{Initial: time.Millisecond, Max: 8 * time.Millisecond}
	o.Budget = 15 * time.Millisecond
	o.Timeout = 250 * time.Millisecond
	return o
}

func newSpooled(tb testing.TB, o otlp.Options, keep spool.Options) *spool.Exporter {
	tb.Helper()
	keep.Connection = "test"
	keep.Sync = spool.SyncNever
	keep.Backoff = delivery.Backoff{Initial: time.Millisecond, Max: 8 * time.Millisecond}
	e, err := otlp.NewSpooled(context.WithoutCancel(tb.Context()), o, keep)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = e.Shutdown(context.Background()) })
	return e
}

// ledger adds up what exports return.
type ledger struct{ exported, failed, spooled int64 }

func (l *ledger) add(tb testing.TB, spans int, err error) {
	tb.Helper()
	if err == nil {
		l.exported += int64(spans)
		return
	}
	var e *report.Result
	if !errors.As(err, &e) {
		tb.Fatalf("got %v, want a Result", err)
	}
	if e.Exported+e.Failed+e.Spooled != spans {
		tb.Fatalf("%d + %d + %d of %d spans: %v", e.Exported, e.Failed, e.Spooled, spans, err)
	}
	l.exported += int64(e.Exported)
	l.failed += int64(e.Failed)
	l.spooled += int64(e.Spooled)
}

func (l *ledger) check(tb testing.TB, e *spool.Exporter, total int) {
	tb.Helper()
	if l.exported+l.failed+l.spooled != int64(total) {
		tb.Errorf("exported %d + failed %d + spooled %d, want %d", l.exported, l.failed, l.spooled, total)
	}
	pending, replayed, dead, expired := e.SpoolCounts()
	if e.SpoolInherited()+l.spooled != pending+replayed+dead+expired {
		tb.Errorf("inherited %d + spooled %d is not pending %d + replayed %d + dead %d + expired %d",
			e.SpoolInherited(), l.spooled, pending, replayed, dead, expired)
	}
}

// misbehave draws what happens to one request.
func misbehave(r *rand.Rand) otlptest.Behavior {
	stored := r.IntN(2) == 0
	switch r.IntN(16) {
	case 0:
		return otlptest.Behavior{Status: 429, RetryAfter: "0"}
	case 1:
		return otlptest.Behavior{Status: 503, Body: "overloaded"}
	case 2:
		return otlptest.Behavior{Status: 502, Store: stored}
	case 3:
		return otlptest.Behavior{Status: 400, Body: "no"}
	case 4:
		return otlptest.Behavior{Store: stored, Reset: true}
	case 5:
		return otlptest.Behavior{Store: stored, Garbage: true}
	case 6:
		return otlptest.Behavior{Store: true, Reject: 1 + r.IntN(5), Warn: "too old"}
	case 7:
		return otlptest.Behavior{Store: true, Delay: time.Duration(r.IntN(400)) * time.Millisecond}
	case 8:
		return otlptest.Behavior{Store: true, CloseIdle: true}
	case 9:
		return otlptest.Behavior{Code: codes.Unavailable, Status: 503, Store: false}
	case 10:
		return otlptest.Behavior{Code: codes.ResourceExhausted, Status: 429, RetryInfo: time.Millisecond}
	case 11:
		return otlptest.Behavior{Code: codes.InvalidArgument, Status: 400}
	default:
		return otlptest.Behavior{Store: true}
	}
}

// TestOutage runs seeded schedules of everything a receiver can do wrong. In the end each
// span is at the receiver, or in dead/ with a reason; more than once only where an answer was
// lost, and counted.
func TestOutage(t *testing.T) {
	t.Parallel()
	seeds := 12
	if os.Getenv("TRACEHOOK_SOAK") != "" {
		seeds = 300
	}
	for seed := range uint64(seeds) {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			outage(t, seed)
		})
	}
}

func outage(t *testing.T, seed uint64) {
	t.Helper()
	const batches, size = 40, 8
	r := rand.New(rand.NewPCG(seed, 6))
	var receiver *otlptest.Receiver
	var o otlp.Options
	if seed%3 == 2 {
		receiver = otlptest.NewGRPC(t, nil)
		o = otlp.Options{GRPC: true, URL: receiver.Address(), Insecure: true}
	} else {
		receiver = otlptest.NewHTTP(t)
		o = otlp.Options{URL: receiver.URL(), Gzip: seed%2 == 0}
	}
	requests := rand.New(rand.NewPCG(seed, 7))
	receiver.Behave(func(int) otlptest.Behavior {
		b := misbehave(requests)
		if o.GRPC && (b.Reset || b.Garbage || b.Status == http.StatusBadGateway) {
			b.Store = false // it answers then
		}
		return b
	})
	keep := spool.Options{Dir: filepath.Join(t.TempDir(), "spool"), Mode: spool.Mode(seed % 2)}
	e := newSpooled(t, quick(o), keep)
	var l ledger
	for b := range batches {
		switch r.IntN(12) {
		case 0:
			receiver.Down()
		case 1, 2:
			if !receiver.IsUp() {
				receiver.Up()
			}
		}
		spans := otlptest.Spans(uint64(1+b*size), size)
		if r.IntN(10) == 0 {
			if err := e.SpoolSpans(t.Context(), spans); err != nil {
				t.Fatal(err)
			}
			l.spooled += size
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(20+r.IntN(2000))*time.Millisecond)
		l.add(t, size, e.ExportSpans(ctx, spans))
		cancel()
	}
	receiver.Behave(nil)
	if !receiver.IsUp() {
		receiver.Up()
	}
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(time.Millisecond) {
		if pending, _, _, _ := e.SpoolCounts(); pending == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the spool is never empty")
		}
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	l.check(t, e, batches*size)
	if l.failed != 0 {
		t.Errorf("%d spans failed although there is a spool", l.failed)
	}
	stored, dead := receiver.Spans(), buried(t, keep.Dir)
	twice := 0
	for n := range uint64(batches * size) {
		id := otlptest.ID(n + 1)
		if stored[id] == 0 && !dead[id] {
			t.Errorf("span %s is neither at the receiver nor in dead/", id)
		}
		twice += max(stored[id]-1, 0)
	}
	if int64(twice) > e.Resent() {
		t.Errorf("%d spans are there more than once, %d were counted", twice, e.Resent())
	}
}

// buried returns the span ids in dead/, each of which must have a reason.
func buried(tb testing.TB, dir string) map[string]bool {
	tb.Helper()
	dead := map[string]bool{}
	names, err := filepath.Glob(filepath.Join(dir, "test", "dead", "*.otlp"))
	if err != nil {
		tb.Fatal(err)
	}
	for _, name := range names {
		if reason, err := os.ReadFile(name + ".reason"); err != nil || !strings.Contains(string(reason), `connection "test": `) {
			tb.Errorf("%s has the reason %q, %v", name, reason, err)
		}
		body, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		var request coltracepb.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &request); err != nil {
			tb.Fatal(err)
		}
		otlptest.Each(request.GetResourceSpans(), func(s *tracepb.Span) { dead[hex.EncodeToString(s.GetSpanId())] = true })
	}
	return dead
}

// TestOutageWithoutSpool checks the ledger where nothing catches what fails.
func TestOutageWithoutSpool(t *testing.T) {
	t.Parallel()
	const batches, size = 60, 8
	receiver := otlptest.NewHTTP(t)
	requests := rand.New(rand.NewPCG(1, 2))
	receiver.Behave(func(int) otlptest.Behavior { return misbehave(requests) })
	e, err := otlp.New(t.Context(), quick(otlp.Options{URL: receiver.URL()}))
	if err != nil {
		t.Fatal(err)
	}
	var l ledger
	for b := range batches {
		l.add(t, size, e.ExportSpans(t.Context(), otlptest.Spans(uint64(1+b*size), size)))
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	stored, twice := int64(0), int64(0)
	for _, n := range receiver.Spans() {
		stored++
		twice += int64(n - 1)
	}
	// What failed is not confirmed, so that some of it may be there; what was exported is.
	if stored < l.exported || stored > l.exported+l.failed || l.exported+l.failed != batches*size {
		t.Errorf("%d spans are stored, %d exported, %d failed", stored, l.exported, l.failed)
	}
	if twice > e.Resent() {
		t.Errorf("%d spans are there more than once, %d were counted", twice, e.Resent())
	}
}
