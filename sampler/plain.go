package sampler

import (
	"fmt"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// Always returns a sampler that samples every span, whatever its parent. It removes a parent's
// th: each span stands for itself alone.
func Always() sdktrace.Sampler { return TraceIDRatio(1) }

// Never returns a sampler that drops every span. Ids stay valid and are propagated, with the
// sampled flag off.
func Never() sdktrace.Sampler { return TraceIDRatio(0) }

// TraceIDRatio returns a sampler that samples a span if its trace's randomness is high
// enough for probability p, whatever its parent, and writes th if p is below 1. All services with the same p
// sample the same traces, and those with a higher one sample them too. p is clamped to 0..1;
// NaN is 0. Unlike [sdktrace.TraceIDRatioBased] it goes together with [Head] and with
// collectors: both use the specification's probability sampling.
func TraceIDRatio(p float64) sdktrace.Sampler {
	return ratio{t: decision.FromProbability(p), ready: stateOf(decision.FromProbability(p))}
}

// ParentBased returns a sampler that asks root for spans without a parent, and else does as
// the parent did, with th and all. A nil root is [Always].
func ParentBased(root sdktrace.Sampler) sdktrace.Sampler {
	if root == nil {
		root = Always()
	}
	return sdktrace.ParentBased(root)
}

// Counter returns a sampler that samples exactly n of any 100 spans in a row, spread evenly.
// n is clamped to 0..100. Under concurrency "in a row" is the order in which the counter saw
// them. It removes th: an exact share is no probability of a trace.
func Counter(n int) sdktrace.Sampler {
	n = min(max(n, 0), 100)
	return &counter{n: uint64(n)}
}

// RateLimit returns a sampler that samples at most perSecond spans a second, at most one
// second's worth (and at least one span) at once, and drops the rest. It removes th: what a
// limit lets through stands for an unknown number. Zero, negative numbers and NaN drop all.
func RateLimit(perSecond float64) sdktrace.Sampler {
	if !(perSecond > 0) {
		return Never()
	}
	return &rateLimit{limit: newLimit(perSecond), perSecond: perSecond}
}

type ratio struct {
	ready trace.TraceState
	t     decision.Threshold
}

func (s ratio) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	ts := trace.SpanContextFromContext(p.ParentContext).TraceState()
	st := decision.ReadState(ts, p.TraceID)
	if !s.t.Keeps(st.Randomness) {
		return withoutWeight(sdktrace.Drop, &st, ts)
	}
	switch {
	case st.HasThreshold && st.Threshold == s.t:
	case s.t == decision.Always:
		return withoutWeight(sdktrace.RecordAndSample, &st, ts)
	case ts.Len() == 0:
		ts = s.ready
	default:
		ts = decision.Edit{Threshold: s.t, SetThreshold: true}.Apply(ts)
	}
	return sdktrace.SamplingResult{Decision: sdktrace.RecordAndSample, Tracestate: ts}
}

func (s ratio) Description() string { return fmt.Sprintf("TraceIDRatio{%v}", s.t.Probability()) }

type counter struct {
	seen atomic.Uint64
	n    uint64
}

func (s *counter) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	seen := s.seen.Add(1)
	return weightless(&p, seen*s.n/100 != (seen-1)*s.n/100)
}

func (s *counter) Description() string { return fmt.Sprintf("Counter{%d of 100}", s.n) }

type rateLimit struct {
	limit     *limit
	perSecond float64
}

func (s *rateLimit) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	pass, _ := s.limit.take(false)
	return weightless(&p, pass)
}

func (s *rateLimit) Description() string { return fmt.Sprintf("RateLimit{%v/s}", s.perSecond) }

func weightless(p *sdktrace.SamplingParameters, sample bool) sdktrace.SamplingResult {
	ts := trace.SpanContextFromContext(p.ParentContext).TraceState()
	st := decision.ReadState(ts, p.TraceID)
	if sample {
		return withoutWeight(sdktrace.RecordAndSample, &st, ts)
	}
	return withoutWeight(sdktrace.Drop, &st, ts)
}

// withoutWeight removes th.
func withoutWeight(d sdktrace.SamplingDecision, st *decision.State, ts trace.TraceState) sdktrace.SamplingResult {
	if st.CarriesThreshold {
		ts = decision.Edit{}.Apply(ts)
	}
	return sdktrace.SamplingResult{Decision: d, Tracestate: ts}
}
