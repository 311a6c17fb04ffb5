package sampler_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/sampler"
)

func policy(tb testing.TB, c sampler.Config) *sampler.Policy {
	tb.Helper()
	p, err := sampler.NewPolicy(c)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// ids makes random ids from a fixed seed.
type ids struct{ *rand.Rand }

func newIDs(seed uint64) ids { return ids{rand.New(rand.NewPCG(seed, 0))} }

func (r ids) trace() (id trace.TraceID) {
	binary.BigEndian.PutUint64(id[:8], r.Uint64())
	binary.BigEndian.PutUint64(id[8:], r.Uint64()|1)
	return id
}

func (r ids) span() (id trace.SpanID) {
	binary.BigEndian.PutUint64(id[:], r.Uint64()|1)
	return id
}

func spanContext(id trace.TraceID, span trace.SpanID, flags trace.TraceFlags, ts trace.TraceState) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: span, TraceFlags: flags, TraceState: ts})
}

func flagsOf(r sdktrace.SamplingResult) trace.TraceFlags {
	if r.Decision == sdktrace.RecordAndSample {
		return trace.FlagsSampled
	}
	return 0
}

func state(tb testing.TB, s string) trace.TraceState {
	tb.Helper()
	ts, err := trace.ParseTraceState(s)
	if err != nil {
		tb.Fatal(err)
	}
	return ts
}

// weightOnWire returns what a sampled span stands for to who gets it.
func weightOnWire(tb testing.TB, sc trace.SpanContext) float64 {
	tb.Helper()
	st := decision.ReadState(sc.TraceState(), sc.TraceID())
	if st.CarriesThreshold && !st.HasThreshold {
		tb.Fatalf("%q contradicts itself", sc.TraceState())
	}
	return st.Threshold.AdjustedCount()
}
