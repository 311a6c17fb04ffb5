package sampler_test

import (
	"math"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// estimate compares a sum of adjusted counts with the truth. Spans of different traces are
// kept independently, each with probability p and weight 1/p, so that each adds 1/p - 1 to the
// variance of the sum.
type estimate struct {
	truth, sum, variance float64
	kept                 int
}

// ended counts a span that was to be kept with probability p.
func (e *estimate) ended(p float64) {
	e.truth++
	e.variance += 1/p - 1
}

func (e *estimate) exported(weight float64) {
	e.sum += weight
	e.kept++
}

// check allows four standard errors, which chance alone exceeds once in 16,000 checks; seeds are
// fixed, so that a check that passes once passes always.
func (e *estimate) check(t *testing.T, what string) {
	t.Helper()
	tolerance := 4 * math.Sqrt(e.variance)
	off := e.sum - e.truth
	t.Logf("%-44s %8.0f spans, %7d kept, estimate %10.1f, off by %+5.2f standard errors", what, e.truth, e.kept, e.sum, off/max(math.Sqrt(e.variance), 1e-9))
	if math.Abs(off) > tolerance+1e-6 {
		t.Errorf("%s: estimated %.1f of %.0f spans, off by more than %.1f", what, e.sum, e.truth, tolerance)
	}
	if e.truth > 0 && e.kept == 0 {
		t.Errorf("%s: none of %.0f spans was kept, so that nothing was tested", what, e.truth)
	}
}

// weigh returns the weight that a reader finds on the exported copy, and whether there is one.
// What it reads must be what the verdict claims.
func weigh(tb testing.TB, s *decision.Span, v decision.Verdict) (weight float64, known bool) {
	tb.Helper()
	ts := s.Context.TraceState()
	if v.Rewrite {
		ts = v.State
	}
	st := decision.ReadState(ts, s.Context.TraceID())
	written := v.Known && v.Threshold > decision.Always
	if st.HasThreshold != written || st.CarriesThreshold != written {
		tb.Fatalf("exported tracestate %q: a usable th must be there only if the weight is known (%v) and not one", ts, v.Known)
	}
	if written && st.Threshold != v.Threshold {
		tb.Fatalf("exported tracestate %q, but the verdict's threshold is %q", ts, v.Threshold)
	}
	return v.Threshold.AdjustedCount(), v.Known
}

// ended is a span that has ended, for decisions without a provider.
type ended struct {
	sdktrace.ReadOnlySpan
	name  string
	kind  trace.SpanKind
	attrs []attribute.KeyValue
	res   *resource.Resource

	parent trace.SpanContext
}

func (e *ended) Parent() trace.SpanContext        { return e.parent }
func (e *ended) Name() string                     { return e.name }
func (e *ended) SpanKind() trace.SpanKind         { return e.kind }
func (e *ended) Attributes() []attribute.KeyValue { return e.attrs }
func (e *ended) Resource() *resource.Resource     { return e.res }
