package otlp_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/exporter/spool"
	"github.com/tracehook/tracehook/test/otlptest"
)

// The test runs itself as the process that is killed; these tell it what to do.
const (
	crashDir  = "TRACEHOOK_CRASH_DIR"
	crashURL  = "TRACEHOOK_CRASH_URL"
	crashMode = "TRACEHOOK_CRASH_MODE"
)

// crashTimeout is after which time the child exports what it has.
const crashTimeout = 5 * time.Millisecond

// journal writes one line for each thing that happens, in the order in which it happens.
type journal struct {
	mu  sync.Mutex
	out io.Writer
}

func (j *journal) line(parts ...string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	_, _ = io.WriteString(j.out, strings.Join(parts, " ")+"\n")
}

// acknowledging writes when an export begins, and which spans are in the spool after it.
type acknowledging struct {
	sdktrace.SpanExporter

	journal *journal
}

func (a acknowledging) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	a.journal.line("begin")
	var ids []string
	for _, s := range spans {
		ids = append(ids, s.SpanContext().SpanID().String())
	}
	begin := time.Now()
	err := a.SpanExporter.ExportSpans(ctx, spans)
	a.journal.line("took", strconv.FormatInt(time.Since(begin).Microseconds(), 10))
	var l ledger
	l.add(nopTB{}, len(spans), err)
	if l.failed == 0 {
		a.journal.line(append([]string{"kept"}, ids...)...)
	}
	return nil
}

type nopTB struct{ testing.TB }

func (nopTB) Helper()               {}
func (nopTB) Fatalf(string, ...any) {}

// crashChild ends spans until it is killed.
func crashChild(dir string) {
	j := &journal{out: os.Stdout}
	o := quick(otlp.Options{URL: os.Getenv(crashURL)})
	mode, _ := strconv.Atoi(os.Getenv(crashMode))
	e, err := otlp.NewSpooled(context.Background(), o, spool.Options{
		Dir: dir, Connection: "test", Mode: spool.Mode(mode), Sync: spool.SyncNever,
		Backoff: delivery.Backoff{Initial: time.Millisecond, Max: 5 * time.Millisecond},
	})
	if err != nil {
		j.line("error", err.Error())
		return
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(acknowledging{e, j},
		sdktrace.WithBatchTimeout(crashTimeout), sdktrace.WithMaxExportBatchSize(4096), sdktrace.WithMaxQueueSize(8192)))
	tracer := provider.Tracer("crash")
	j.line("ready")
	for {
		_, span := tracer.Start(context.Background(), "work")
		span.SetAttributes(attribute.String("text", strings.Repeat("x", 100)))
		id := span.SpanContext().SpanID().String()
		span.End()
		j.line("ended", id)
		time.Sleep(200 * time.Microsecond)
	}
}

// round runs the child, kills it at a random moment, and returns what it said.
func round(t *testing.T, r *rand.Rand, dir, url string, mode spool.Mode) (kept, ended map[string]int, begins, took []int) {
	t.Helper()
	cmd := exec.Command(os.Args[0]) //nolint:noctx // it is killed below, that is the point
	cmd.Env = append(os.Environ(), crashDir+"="+dir, crashURL+"="+url, crashMode+"="+strconv.Itoa(int(mode)))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kept, ended = map[string]int{}, map[string]int{}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for at := 0; lines.Scan(); at++ {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "ready":
			time.AfterFunc(time.Duration(r.IntN(40_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		case "begin":
			begins = append(begins, at)
		case "took":
			n, _ := strconv.Atoi(rest)
			took = append(took, n)
		case "ended":
			ended[rest] = at
		case "kept":
			for id := range strings.FieldsSeq(rest) {
				kept[id] = at
			}
		case "error":
			t.Error(rest)
		}
	}
	_ = cmd.Wait() // it was killed
	return kept, ended, begins, took
}

func TestKill(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts 260 processes")
	}
	rounds := map[spool.Mode]int{spool.Always: 200, spool.Overflow: 60}
	for mode, n := range rounds {
		t.Run(fmt.Sprintf("mode %d", mode), func(t *testing.T) {
			t.Parallel()
			kill(t, mode, n)
		})
	}
}

func kill(t *testing.T, mode spool.Mode, rounds int) {
	t.Helper()
	r := rand.New(rand.NewPCG(9, uint64(mode)))
	receiver := otlptest.NewHTTP(t)
	receiver.Down()
	dir := filepath.Join(t.TempDir(), "spool")
	kept, old := map[string]bool{}, map[string]bool{}
	for range rounds {
		switch {
		case receiver.IsUp():
			receiver.Down() // most of the time it is an outage
		case r.IntN(5) == 0:
			receiver.Up()
		}
		k, ended, begins, took := round(t, r, dir, receiver.URL(), mode)
		for id := range k {
			kept[id] = true
		}
		// What had ended before an export began is in that one or the next: a span may still be in
		// the batcher's queue when its timer is due. That holds for exports shorter than the
		// timeout; see TestWhichExportTakesASpan. The next one must have been written: another
		// began after it. On a busy machine the timer may be due again before the batcher has looked
		// at its queue, so that two more exports pass here.
		i := len(begins) - 5
		for i >= 0 && took[i] > int(crashTimeout.Microseconds()/2) {
			i--
		}
		if i >= 0 {
			for id, at := range ended {
				if at < begins[i] {
					old[id] = true
				}
			}
		}
	}
	if !receiver.IsUp() {
		receiver.Up()
	}
	e := newSpooled(t, otlp.Options{URL: receiver.URL()}, spool.Options{Dir: dir})
	inherited := e.SpoolInherited()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(time.Millisecond) {
		if pending, _, _, _ := e.SpoolCounts(); pending == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the spool is never empty")
		}
	}
	stored := receiver.Spans()
	for id := range kept {
		if stored[id] == 0 {
			t.Errorf("span %s had reached the spool and is lost", id)
		}
	}
	if mode == spool.Always {
		for id := range old {
			if stored[id] == 0 {
				t.Errorf("span %s was older than the timeout and one batch, and is lost", id)
			}
		}
	}
	if _, replayed, dead, _ := e.SpoolCounts(); dead != 0 || replayed != inherited {
		t.Errorf("inherited %d, replayed %d, dead %d", inherited, replayed, dead)
	}
	if len(kept) < rounds || len(old) == 0 {
		t.Errorf("only %d spans were kept and %d were old in %d rounds: the test shows nothing", len(kept), len(old), rounds)
	}
	t.Logf("%d rounds: %d spans kept, %d older than timeout and batch, %d inherited in the end", rounds, len(kept), len(old), inherited)
}
