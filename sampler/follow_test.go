package sampler_test

import (
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/sampler"
)

// Where a connection keeps traces whole, the flag and th of spans that match no rule are those of
// their local root, at any depth; a rule may loosen them for what is below, and other connections have
// their own vote.
func TestChildrenFollowTheirRoot(t *testing.T) {
	t.Parallel()
	whole := sampler.Config{Rate: 1, Propagate: true, Error: true, FollowRoot: true, Rules: []sampler.Rule{
		{Name: "http:*", Sample: 0.25}, {Name: "vip", Sample: 1}, {Name: "half", Sample: 0.5}, {Name: "rare", Sample: 0.01},
	}}
	const highest, middle, lowest = 0xf0, 0x90, 0x10
	for _, tc := range []struct {
		name   string
		others []sampler.Config
		r      byte
		spans  []string // each below the one before
		want   []string // "" is not sampled, else the tracestate or "sampled"
	}{
		{"no rule", nil, highest, []string{"http:get", "db", "db"}, []string{"ot=th:c", "ot=th:c", "ot=th:c"}},
		{"no rule, not sampled", nil, middle, []string{"http:get", "db", "db"}, []string{"", "", ""}},
		{"a rule loosens", nil, middle, []string{"http:get", "db", "vip", "db", "half", "db"}, []string{"", "", "sampled", "sampled", "sampled", "sampled"}},
		{"a rule that is tighter doesn't matter", nil, highest, []string{"http:get", "rare", "db"}, []string{"ot=th:c", "ot=th:c", "ot=th:c"}},
		{"a root without a rule has the rate", nil, lowest, []string{"cron", "db"}, []string{"sampled", "sampled"}},
		{"another connection is looser", []sampler.Config{{Rate: 0.5, Propagate: true}}, middle, []string{"http:get", "db"}, []string{"ot=th:8", "ot=th:8"}},
		{"another connection has a rule", []sampler.Config{{Propagate: true, Rules: []sampler.Rule{{Name: "db", Sample: 0.5}}}}, middle, []string{"http:get", "db", "x"}, []string{"", "ot=th:8", "ot=th:8"}},
	} {
		policies := []*sampler.Policy{policy(t, whole)}
		for _, c := range tc.others {
			policies = append(policies, policy(t, c))
		}
		for range 3 { // the first sight of a name, and later ones
			p := newProcess(policies...)
			for range 3 {
				ctx := trace.ContextWithSpanContext(t.Context(), spanContext(trace.TraceID{0: 1, 9: tc.r}, trace.SpanID{}, 0, trace.TraceState{}))
				for i, name := range tc.spans {
					var span trace.Span
					ctx, span = p.tracer.Start(ctx, name) //nolint:fatcontext // nested is what it is to be
					got := ""
					if sc := span.SpanContext(); sc.IsSampled() {
						if got = sc.TraceState().String(); got == "" {
							got = "sampled"
						}
					} else if sc.TraceState().Len() > 0 {
						t.Errorf("%s: %s isn't sampled and has %q", tc.name, name, sc.TraceState())
					}
					if got != tc.want[i] {
						t.Errorf("%s: span %d, %s, has %q, want %q", tc.name, i, name, got, tc.want[i])
					}
					defer span.End()
				}
			}
		}
	}
}

// What is sampled downstream stands for all, also where children follow their root.
func TestFollowedWeightsAreUnbiased(t *testing.T) {
	t.Parallel()
	const n = 30_000 / scale
	p := newProcess(policy(t, sampler.Config{Rate: 1, Propagate: true, Error: true, FollowRoot: true, Rules: []sampler.Rule{
		{Name: "root", Sample: 0.1}, {Name: "vip", Sample: 0.5},
	}}))
	var sums [4]estimate
	for range n {
		ctx := t.Context()
		for i, name := range []string{"root", "x", "vip", "y"} {
			sums[i].ended([]float64{0.1, 0.1, 0.5, 0.5}[i])
			var span trace.Span
			if ctx, span = p.tracer.Start(ctx, name); span.SpanContext().IsSampled() {
				sc := span.SpanContext()
				sums[i].exported(weightOnWire(t, sc))
			}
			span.End()
		}
	}
	for i := range sums {
		sums[i].check(t, []string{"root", "x", "vip", "y"}[i])
	}
}
