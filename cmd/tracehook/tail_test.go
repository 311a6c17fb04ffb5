package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/exporter/file/readback"
	"github.com/tracehook/tracehook/exporter/page"
	"github.com/tracehook/tracehook/internal/query"
	"github.com/tracehook/tracehook/internal/query/querytest"
	"github.com/tracehook/tracehook/test/locked"
)

// output is what a program writes while it runs.
type output struct{ locked.Buffer }

// lines waits until that many lines have been written.
func (o *output) lines(t *testing.T, n int) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if text := o.String(); strings.Count(text, "\n") >= n {
			return text
		}
	}
	t.Fatalf("%d lines have come, want %d:\n%.1000s", strings.Count(o.String(), "\n"), n, o)
	return ""
}

// running is a program that goes on.
type running struct {
	out, err output
	stop     context.CancelFunc
	done     chan int
	waits    <-chan struct{} // closed when it waits for the first time: it has seen what is there
}

// waitedFor is a context that tells when its end is first waited for.
type waitedFor struct {
	context.Context
	once  *sync.Once
	first chan struct{}
}

func (a waitedFor) Done() <-chan struct{} {
	a.once.Do(func() { close(a.first) })
	return a.Context.Done()
}

func begin(t *testing.T, args ...string) *running {
	t.Helper()
	parent, cancel := context.WithCancel(t.Context())
	ctx := waitedFor{parent, new(sync.Once), make(chan struct{})}
	r := &running{stop: cancel, done: make(chan int, 1), waits: ctx.first}
	p := &program{
		in: strings.NewReader(""), out: &r.out, err: &r.err, environ: func() []string { return nil },
		terminal: func() int { return 0 }, bar: func() int { return 0 },
	}
	go func() { r.done <- run(ctx, p, args) }()
	t.Cleanup(func() { cancel() })
	return r
}

// end interrupts it, and returns its code.
func (r *running) end() int {
	r.stop()
	return <-r.done
}

// Each span that is written while tail runs comes once and in its order, over any number of
// rotations and with compression behind them.
func TestTailFollowsRotations(t *testing.T) {
	t.Parallel()
	for _, opts := range [][]file.Option{nil, {file.WithMaxLines(3)}, {file.WithMaxLines(2), file.WithCompression()}} {
		path := filepath.Join(t.TempDir(), "trace.jsonl")
		r := begin(t, "tail", path, "--json", "--from-start")
		e, err := file.New(path, opts...)
		if err != nil {
			t.Fatal(err)
		}
		spans := exportertest.Many(60)
		for i, s := range spans {
			if err := e.ExportSpans(t.Context(), []sdktrace.ReadOnlySpan{s}); err != nil {
				t.Fatal(err)
			}
			if i%7 == 0 {
				time.Sleep(5 * time.Millisecond) // so that it is caught at different moments
			}
		}
		var want strings.Builder
		for _, s := range spans {
			want.WriteString(s.SpanContext().SpanID().String()[15:])
		}
		if got := numbers(t, r.out.lines(t, 60)); got != want.String() {
			t.Errorf("%d options: got %s, want %s", len(opts), got, want.String())
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if code := r.end(); code != fine || r.err.String() != "" {
			t.Errorf("code %d, %s", code, r.err.String())
		}
	}
}

// A look may fall between any two steps of a rotation.
func TestLooksAtRotationsAtAnyMoment(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]file.Option{
		"plain":      {file.WithMaxLines(1)},
		"compressed": {file.WithMaxLines(2), file.WithCompression()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "trace.jsonl")
			e, err := file.New(path, opts...)
			if err != nil {
				t.Fatal(err)
			}
			const spans = 1500
			written := make(chan error, 1)
			go func() {
				for _, s := range exportertest.Many(spans) {
					if err := e.ExportSpans(t.Context(), []sdktrace.ReadOnlySpan{s}); err != nil {
						written <- err
						return
					}
				}
				written <- e.Shutdown(t.Context())
			}()
			var got []string
			r := (&program{}).reading(&query.Query{})
			f := r.follower(source{where: path}, func(rec *readback.Record) bool {
				got = append(got, rec.Span.ID.String())
				return true
			})
			defer f.close()
			for last := false; !last; {
				select {
				case err := <-written:
					if err != nil {
						t.Fatal(err)
					}
					last = true
				default:
				}
				if _, err := f.step(); err != nil {
					t.Fatal(err)
				}
			}
			var want []string
			for _, s := range exportertest.Many(spans) {
				want = append(want, s.SpanContext().SpanID().String())
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d spans were read, want the %d that were written, in their order", len(got), spans)
			}
		})
	}
}

// What was rotated away before is old also where nothing has the name at the moment.
func TestTailBetweenTwoFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.jsonl")
	export := func(spans []sdktrace.ReadOnlySpan) {
		e, err := file.New(path, file.WithMaxLines(2))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(e.ExportSpans(t.Context(), spans), e.Shutdown(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	spans := exportertest.Many(7)
	export(spans[:6])
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	r := begin(t, "tail", path, "--json")
	<-r.waits
	export(spans[6:])
	if got, want := numbers(t, r.out.lines(t, 1)), spans[6].SpanContext().SpanID().String()[15:]; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if code := r.end(); code != fine || r.err.String() != "" {
		t.Errorf("code %d, %s", code, r.err.String())
	}
}

// Half a record is waited for; what was there before is not printed.
func TestTailWaitsForTheEndOfARecord(t *testing.T) {
	t.Parallel()
	lines := strings.SplitAfter(encoded(t, "json", querytest.Spans()...), "\n")
	path := write(t, "trace.jsonl", lines[0]+lines[1][:50])
	r := begin(t, "tail", path, "--json")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	<-r.waits
	for _, text := range []string{lines[1][50:], lines[2][:10], lines[2][10:] + lines[3]} {
		if _, err := io.WriteString(f, text); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * followEvery)
	}
	if got := numbers(t, r.out.lines(t, 3)); got != "234" {
		t.Errorf("got %s", got)
	}
	if code := r.end(); code != fine {
		t.Errorf("code %d: %s", code, r.err.String())
	}
}

// It ends at the first span that --fail-on finds, and after --for.
func TestTailEnds(t *testing.T) {
	t.Parallel()
	path := write(t, "trace.jsonl", "")
	r := begin(t, "tail", path, "--from-start", "--fail-on", "status:error")
	if err := os.WriteFile(path, []byte(encoded(t, "json", querytest.Spans()...)), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := <-r.done; code != problem || !strings.Contains(r.err.String(), "--fail-on") || strings.Count(r.out.String(), "\n") != 3 {
		t.Errorf("code %d: %s %s", code, r.out.String(), r.err.String())
	}
	if got := tracehook(t, "", "tail", path, "--for", "100ms", "--fail-on", "status:error"); got.code != fine || got.out != "" {
		t.Errorf("nothing new: %+v", got)
	}
}

func TestTailOfALivePage(t *testing.T) {
	t.Parallel()
	server, err := page.New(t.Context(), page.WithListen("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	spans := querytest.Spans()
	if err := server.ExportSpans(t.Context(), spans[:4]); err != nil {
		t.Fatal(err)
	}
	r := begin(t, "tail", server.Address(), "--json", "-q", "login OR health")
	// Until it follows, spans go by.
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		if err := server.ExportSpans(t.Context(), spans[4:5]); err != nil {
			t.Fatal(err)
		}
		if time.Sleep(10 * time.Millisecond); r.out.String() != "" {
			break
		}
	}
	if err := server.ExportSpans(t.Context(), spans[5:]); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); !strings.HasSuffix(numbers(t, r.out.String()), "567") && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	if got := numbers(t, r.out.String()); !strings.HasSuffix(got, "567") || strings.Trim(got, "567") != "" {
		t.Errorf("got %s", got)
	}
	if err := server.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code := <-r.done; code != fine {
		t.Errorf("when the page ends: code %d, %s", code, r.err.String())
	}
}
