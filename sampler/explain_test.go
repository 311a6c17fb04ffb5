package sampler_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook/sampler"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	rules := []sampler.Rule{{Name: "a*", Sample: 0.5}, {Kind: "http", Sample: 0.25}, {Service: "shop", Sample: 0}}
	for _, tc := range []struct {
		name   string
		config sampler.Config
		give   string
		kind   string
		attrs  []attribute.KeyValue
		rule   int
		p      float64
		votes  bool
		says   []string
	}{
		{"rate", sampler.Config{Rate: 0.5, Propagate: true, Rules: rules}, "x", "", nil, -1, 0.5, true, []string{"no rule matches", "stands for 2 spans"}},
		{"name", sampler.Config{Rules: rules, Propagate: true}, "abc", "http", nil, 0, 0.5, true, []string{`rules[0] (name "a*") gives it 0.5`}},
		{"framework kind", sampler.Config{Rules: rules, Propagate: true}, "x", "HTTP", nil, 1, 0.25, true, []string{`kind "http"`}},
		{"kind by attribute", sampler.Config{Rules: rules, Propagate: true}, "x", "", []attribute.KeyValue{attribute.String("tracehook.kind", "http")}, 1, 0.25, true, nil},
		{"OpenTelemetry's kind is another word", sampler.Config{Rate: 1, Rules: rules, Propagate: true}, "x", "server", nil, -1, 1, true, nil},
		{"service of the process", sampler.Config{Rate: 1, Rules: rules, Service: "shop", Propagate: true}, "x", "", nil, 2, 0, true, []string{"so it is not kept"}},
		{"no vote", sampler.Config{Rate: 1}, "x", "", nil, -1, 1, false, []string{"mind: this connection has no vote on the sampled flag (propagate = false)"}},
		{"no vote by key", sampler.Config{Rate: 0.5, Propagate: true, Key: sampler.BySpanID}, "x", "", nil, -1, 0.5, false, []string{"because its key is span_id", "its own randomness"}},
		{"counter", sampler.Config{Rate: 0.29, Key: sampler.ByCounter}, "x", "", nil, -1, 0.29, false, []string{"an exact share of 0.29"}},
		{"an unknown kind", sampler.Config{Rate: 1, Propagate: true}, "x", "htpp", nil, -1, 1, true, []string{`mind: "htpp" is no kind that a rule can ask for: these are internal, server`}},
		{"keeps nothing below a parent that wasn't sampled", sampler.Config{Rate: 1, Propagate: true}, "x", "", nil, -1, 1, true, []string{"below one that is not, nothing is kept"}},
		{"keeps errors there", sampler.Config{Rate: 1, Error: true, Propagate: true}, "x", "", nil, -1, 1, true, []string{"is kept, whatever follows\n", "below one that is not, only errors are kept"}},
		{"keeps slow spans there", sampler.Config{Rate: 1, Slow: time.Second, Propagate: true}, "x", "", nil, -1, 1, true, []string{"below one that is not, only slow spans are kept"}},
		{"keeps both there", sampler.Config{Rate: 1, Error: true, Slow: time.Second, Limit: 1, Propagate: true}, "x", "", nil, -1, 1, true, []string{"is kept, whatever follows but the limit\n", "below one that is not, only errors and slow spans are kept"}},
		{
			"everything else",
			sampler.Config{Rate: 1, Error: true, Slow: time.Second, Limit: 5, IgnoreParent: true, Propagate: true},
			"x", "", nil, -1, 1, true,
			[]string{"if its status is an error", "1s or longer", "at most 5 spans a second", "parent's decision is ignored"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := policy(t, tc.config)
			sampler.NewHead(p)
			e := p.Explain(tc.give, tc.kind, tc.attrs...)
			if e.Rule != tc.rule || e.Votes != tc.votes || e.Probability > tc.p*1.0002 || e.Probability < tc.p*0.9998 {
				t.Errorf("rule %d, p %v, votes %v, want %d, %v, %v", e.Rule, e.Probability, e.Votes, tc.rule, tc.p, tc.votes)
			}
			for _, want := range tc.says {
				if !strings.Contains(e.String(), want) {
					t.Errorf("%q is missing in\n%s", want, e)
				}
			}
		})
	}
}

// What the head does is the union of all connections.
func TestExplainHead(t *testing.T) {
	t.Parallel()
	one := policy(t, sampler.Config{Connection: "one", Rate: 0.25, Propagate: true})
	two := policy(t, sampler.Config{Connection: "two", Rate: 0.5})
	sampler.NewHead(one, two)
	e := one.Explain("x", "")
	if diff := cmp.Diff([]float64{0.25, 0.5}, []float64{e.Sampled, e.Recorded}); diff != "" {
		t.Error(diff)
	}
}

func TestExplainWithoutHead(t *testing.T) {
	t.Parallel()
	e := policy(t, sampler.Config{Rate: 1, Propagate: true}).Explain("x", "")
	if !slices.ContainsFunc(e.Warnings, func(s string) bool { return strings.Contains(s, "no head sampler") }) {
		t.Errorf("warnings %q", e.Warnings)
	}
	swapped := policy(t, sampler.Config{Rate: 1, Propagate: true})
	sampler.NewHead(swapped).Swap()
	e = swapped.Explain("x", "")
	if !slices.ContainsFunc(e.Warnings, func(s string) bool { return strings.Contains(s, "isn't part of the present configuration") }) {
		t.Errorf("warnings %q", e.Warnings)
	}
}

func TestExplainShowsTheFactor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := policy(t, sampler.Config{Rate: 1, Dynamic: true, Propagate: true})
		_, s := pass{id: high()}.start(t, sampler.NewHead(p))
		shedding(p, s)
		p.Decide(s, 1)
		if e := p.Explain("x", ""); e.Factor != 0.1 || e.Probability > 0.1001 || !strings.Contains(e.String(), "a factor of 0.1 leaves 0.1") {
			t.Errorf("factor %v: %s", e.Factor, e)
		}
	})
}
