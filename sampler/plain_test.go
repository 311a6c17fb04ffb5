package sampler_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/sampler"
)

func TestPlainSamplers(t *testing.T) {
	t.Parallel()
	const yes, no = sdktrace.RecordAndSample, sdktrace.Drop
	for _, tc := range []struct {
		name    string
		sampler sdktrace.Sampler
		give    pass
		want    sdktrace.SamplingDecision
		ot      string
	}{
		{"always", sampler.Always(), pass{id: low()}, yes, ""},
		{"always below an unsampled parent", sampler.Always(), pass{id: low(), remote: true, parent: "v=1"}, yes, ""},
		{"never", sampler.Never(), pass{id: high()}, no, ""},
		{"never below a sampled parent", sampler.Never(), pass{id: high(), remote: true, sampled: true, parent: "ot=th:0;a:b"}, no, "a:b"},
		{"ratio", sampler.TraceIDRatio(0.5), pass{id: high()}, yes, "th:8"},
		{"ratio, below", sampler.TraceIDRatio(0.5), pass{id: low()}, no, ""},
		{"ratio replaces th", sampler.TraceIDRatio(0.5), pass{id: high(), remote: true, sampled: true, parent: "ot=th:4"}, yes, "th:8"},
		{"ratio keeps th", sampler.TraceIDRatio(0.5), pass{id: high(), remote: true, sampled: true, parent: "ot=th:8"}, yes, "th:8"},
		{"ratio honors rv", sampler.TraceIDRatio(0.5), pass{id: low(), remote: true, parent: "ot=rv:ffffffffffffff"}, yes, "th:8;rv:ffffffffffffff"},
		{"ratio of NaN", sampler.TraceIDRatio(math.NaN()), pass{id: high()}, no, ""},
		{"parent-based, sampled", sampler.ParentBased(sampler.Never()), pass{id: low(), remote: true, sampled: true, parent: "ot=th:1"}, yes, "th:1"},
		{"parent-based, not sampled", sampler.ParentBased(sampler.Always()), pass{id: high(), remote: true}, no, ""},
		{"parent-based, root", sampler.ParentBased(sampler.TraceIDRatio(0.5)), pass{id: high()}, yes, "th:8"},
		{"parent-based without root", sampler.ParentBased(nil), pass{id: low()}, yes, ""},
		{"counter removes th", sampler.Counter(100), pass{id: low(), remote: true, sampled: true, parent: "ot=th:0"}, yes, ""},
		{"counter of none", sampler.Counter(-5), pass{id: low()}, no, ""},
		{"rate limit removes th", sampler.RateLimit(1), pass{id: low(), remote: true, sampled: true, parent: "ot=th:0"}, yes, ""},
		{"rate limit of nothing", sampler.RateLimit(math.NaN()), pass{id: low()}, no, ""},
	} {
		r, _ := tc.give.start(t, tc.sampler)
		if r.Decision != tc.want || r.Tracestate.Get("ot") != tc.ot {
			t.Errorf("%s: %v with %q, want %v with %q", tc.name, r.Decision, r.Tracestate.Get("ot"), tc.want, tc.ot)
		}
	}
}

// Exactly n of any 100 in a row, wherever they begin.
func TestCounterIsExactInEveryWindow(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 10, 29, 57, 99, 100} {
		s := sampler.Counter(n)
		var kept []int
		for i := range 1000 {
			r, _ := pass{id: low()}.start(t, s)
			if r.Decision == sdktrace.RecordAndSample {
				kept = append(kept, i)
			}
		}
		for from := range 900 {
			count := 0
			for _, i := range kept {
				if i >= from && i < from+100 {
					count++
				}
			}
			if count != n {
				t.Fatalf("Counter(%d) kept %d of 100 from %d on", n, count, from)
			}
		}
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sampler.RateLimit(10)
		kept := 0
		for range 100 * 60 {
			if r, _ := (pass{id: low()}).start(t, s); r.Decision == sdktrace.RecordAndSample {
				kept++
			}
			time.Sleep(10 * time.Millisecond)
		}
		if kept < 600 || kept > 610 {
			t.Errorf("%d spans in a minute, want 600 and at most one burst of 10", kept)
		}
	})
}

func TestDescriptions(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]sdktrace.Sampler{
		"TraceIDRatio{1}":    sampler.Always(),
		"TraceIDRatio{0}":    sampler.Never(),
		"TraceIDRatio{0.25}": sampler.TraceIDRatio(0.25),
		"Counter{29 of 100}": sampler.Counter(29),
		"RateLimit{2.5/s}":   sampler.RateLimit(2.5),
		"tracehook":          policy(t, sampler.Config{}).Sampler(),
	} {
		if got := s.Description(); got != want {
			t.Errorf("description %q, want %q", got, want)
		}
	}
}

// A policy is a sampler on its own: with the SDK's provider, nothing else of ours.
func TestPolicySampler(t *testing.T) {
	t.Parallel()
	p := policy(t, sampler.Config{Rate: 0.5, Propagate: true, Rules: []sampler.Rule{{Name: "health", Sample: 0}}})
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSampler(p.Sampler()), sdktrace.WithIDGenerator(generator{newIDs(15)})).Tracer("plain")
	sampled := 0
	for range 1000 {
		_, span := tracer.Start(t.Context(), "work")
		if span.SpanContext().IsSampled() {
			sampled++
		}
		if _, health := tracer.Start(t.Context(), "health"); health.SpanContext().IsSampled() {
			t.Fatal("a health check was sampled")
		}
		if !span.SpanContext().IsValid() || span.SpanContext().TraceFlags()&^trace.FlagsSampled != 0 {
			t.Fatalf("span context %+v", span.SpanContext())
		}
	}
	if sampled < 437 || sampled > 563 { // four standard errors around 500
		t.Errorf("%d of 1000 spans were sampled at 0.5", sampled)
	}
}
