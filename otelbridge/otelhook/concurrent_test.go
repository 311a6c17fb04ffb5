package otelhook_test

import (
	"strconv"
	"sync"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
)

// Goroutines that share a Meta get parents by chance, but each span ends once, and none
// that has ended is current afterwards.
func TestHookOnASharedMetaConcurrentSafe(t *testing.T) {
	t.Parallel()
	_, tp, exp := newHook(t)
	own := otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](tp)
	other := otelhook.NewHook[*infraMeta, infraTraceSpan](tp)
	m, f := tracehook.NewMeta(), newInfraMeta()
	const n, each = 8, 100
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			for range each {
				a := own.Begin(m, "own", nil)
				b := other.Begin(f, "other", nil)
				_ = own.Trace(m, "event", "error", nil)
				_, _ = m.TraceParent(), m.Metadata()
				a.End()
				b.End()
			}
		})
	}
	all.Wait()
	if got := len(exp.GetSpans()); got != 3*n*each {
		t.Errorf("%d spans, want %d", got, 3*n*each)
	}
	if trace.SpanContextFromContext(m.Context()).IsValid() {
		t.Error("a span that has ended is current")
	}
}

func TestEndConcurrentSafe(t *testing.T) {
	t.Parallel()
	hook, _, exp := newHook(t)
	for i := range 200 {
		span := hook.Begin(nil, strconv.Itoa(i), nil)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { span.End("bad") })
		}
		all.Wait()
	}
	if got := len(exp.GetSpans()); got != 200 {
		t.Errorf("%d spans, want 200", got)
	}
}

// The hook makes one object of its own for each span, and at least two fewer than the
// SDK's caller would make for the same attributes.
func TestBeginAndEndAllocateLessThanStartAndEnd(t *testing.T) {
	for name, sampler := range map[string]sdktrace.Sampler{"sampled": sdktrace.AlwaysSample(), "dropped": sdktrace.NeverSample()} {
		hook, tracer := benchHook(sampler)
		meta, ready := tracehook.NewMeta(), readyMap()
		plain := testing.AllocsPerRun(200, func() { plainSpan(tracer, t.Context()) })
		got := testing.AllocsPerRun(200, func() { hook.Begin(meta, "service:user.login", ready).End() })
		if got > plain-2 {
			t.Errorf("%s: %v allocations through the hook, %v without; want at least two fewer", name, got, plain)
		}
	}
}
