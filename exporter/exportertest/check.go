package exportertest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Subject is what is checked.
type Subject struct {
	// New makes an exporter that works. It is called once for each check, and must release
	// with tb.Cleanup what Shutdown doesn't.
	New func(tb testing.TB) sdktrace.SpanExporter
	// Failing makes an exporter whose exports fail; nil skips what needs one.
	Failing func(tb testing.TB) sdktrace.SpanExporter
	// Count returns how many spans the exporter has delivered, as the destination sees it;
	// nil skips what needs it.
	Count func(e sdktrace.SpanExporter) int
	// Plain says that the destination can't take NaN, as OTel's own stdouttrace can't: it gets
	// four of [Many] instead of [Spans].
	Plain bool
	// Secrets must not show anywhere.
	Secrets []string
	// Patience is how long a call may take at most; 0 is 10 seconds.
	Patience time.Duration
}

// Run runs all checks, each as a parallel subtest.
func Run(t *testing.T, s Subject) {
	t.Helper()
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, problem := range Problems(t, s, c.name) {
				t.Error(problem)
			}
		})
	}
}

// Names returns the names of all checks.
func Names() []string {
	var names []string
	for _, c := range checks() {
		names = append(names, c.name)
	}
	return names
}

// Problems runs one check and returns what is wrong, for tests of exporters that are meant
// to be wrong.
func Problems(tb testing.TB, s Subject, name string) []error {
	tb.Helper()
	if s.Patience == 0 {
		s.Patience = defaultPatience
	}
	for _, c := range checks() {
		if c.name != name {
			continue
		}
		r := &run{TB: tb, Subject: s}
		c.check(r)
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.problems
	}
	return []error{fmt.Errorf("no check is called %q", name)}
}

const defaultPatience = 10 * time.Second

type check struct {
	name  string
	check func(r *run)
}

func checks() []check {
	return []check{
		{"exports a batch", exportsBatch},
		{"takes an empty batch", takesEmptyBatch},
		{"does nothing after shutdown", nothingAfterShutdown},
		{"shuts down twice", shutsDownTwice},
		{"shuts down unused", shutsDownUnused},
		{"returns when the context is done", heedsContext},
		{"keeps neither the slice nor changes a span", leavesSpansAlone},
		{"shutdown is ConcurrentSafe", concurrentShutdown},
		{"survives a failing destination", survivesFailure},
		{"shows no secret", showsNoSecret},
		{"is accounted for behind a Fanout", behindFanout},
		{"is accounted for behind a Fanout when it fails", failingBehindFanout},
	}
}

// run is one check being run.
type run struct {
	testing.TB
	Subject

	mu       sync.Mutex
	problems []error
}

func (r *run) spans() []sdktrace.ReadOnlySpan {
	if r.Plain {
		return Many(4)
	}
	return Spans()
}

func (r *run) problem(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problems = append(r.problems, fmt.Errorf(format, args...))
}

// call runs f and returns its error; a panic and a call that takes too long are problems.
func (r *run) call(what string, f func() error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				r.problem("%s panicked: %v", what, v)
				done <- nil
			}
		}()
		done <- f()
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(r.Patience):
		r.problem("%s has not returned after %v", what, r.Patience)
		return nil
	}
}

func (r *run) export(ctx context.Context, e sdktrace.SpanExporter, spans []sdktrace.ReadOnlySpan) error {
	return r.call("ExportSpans", func() error { return e.ExportSpans(ctx, spans) })
}

func (r *run) shutdown(e sdktrace.SpanExporter) {
	ctx := context.WithoutCancel(r.Context())
	if err := r.call("Shutdown", func() error { return e.Shutdown(ctx) }); err != nil {
		r.problem("Shutdown of a working exporter: %w", err)
	}
}

// expect compares the destination's count.
func (r *run) expect(e sdktrace.SpanExporter, want int) {
	if r.Count == nil {
		return
	}
	if got := r.Count(e); got != want {
		r.problem("the destination has %d spans, want %d", got, want)
	}
}
