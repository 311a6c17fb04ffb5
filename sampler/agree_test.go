package sampler_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/sampler"
)

func TestPoliciesAgree(t *testing.T) {
	t.Parallel()
	base := func() sampler.Config {
		return sampler.Config{
			Connection: "a", Rate: 0.5, Error: true, Slow: time.Second,
			Rules: []sampler.Rule{{Name: "http:*", Sample: 0.1, Attrs: map[string][]string{"vip": {"true"}, "tier": {"1", "2"}}}},
		}
	}
	for name, tc := range map[string]struct {
		change func(*sampler.Config)
		want   bool
	}{
		"another name":          {func(c *sampler.Config) { c.Connection = "b" }, true},
		"a vote":                {func(c *sampler.Config) { c.Propagate = true }, true},
		"another rate":          {func(c *sampler.Config) { c.Rate = 0.4 }, false},
		"no errors":             {func(c *sampler.Config) { c.Error = false }, false},
		"another slow":          {func(c *sampler.Config) { c.Slow++ }, false},
		"another service":       {func(c *sampler.Config) { c.Service = "x" }, false},
		"ignores parents":       {func(c *sampler.Config) { c.IgnoreParent = true }, false},
		"another key":           {func(c *sampler.Config) { c.Key = sampler.BySpanID }, false},
		"trusts strangers":      {func(c *sampler.Config) { c.AssumeAlwaysOn = true }, false},
		"no rules":              {func(c *sampler.Config) { c.Rules = nil }, false},
		"another rule's sample": {func(c *sampler.Config) { c.Rules[0].Sample = 0.2 }, false},
		"another rule's value":  {func(c *sampler.Config) { c.Rules[0].Attrs["tier"] = []string{"1", "3"} }, false},
		"a limit":               {func(c *sampler.Config) { c.Limit = 1 }, false},
		"a factor":              {func(c *sampler.Config) { c.Dynamic = true }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := base()
			tc.change(&c)
			a, b := policy(t, base()), policy(t, c)
			sampler.NewHead(a, b)
			if got := a.Agrees(b); got != tc.want {
				t.Errorf("Agrees = %v, want %v", got, tc.want)
			}
			if got := b.Agrees(a); got != tc.want {
				t.Errorf("the other way round: %v, want %v", got, tc.want)
			}
			if got := b.WantsLoad(); got != c.Dynamic {
				t.Errorf("WantsLoad = %v, want %v", got, c.Dynamic)
			}
		})
	}
}

// TestPoliciesWithMemoryAgreeWithNone: each has its own tokens, level or count.
func TestPoliciesWithMemoryAgreeWithNone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]sampler.Config{
		"limit":   {Rate: 1, Limit: 5},
		"dynamic": {Rate: 1, Dynamic: true},
		"counter": {Rate: 0.5, Key: sampler.ByCounter},
	} {
		a, b := policy(t, c), policy(t, c)
		sampler.NewHead(a, b)
		if a.Agrees(b) {
			t.Errorf("%s: they agree", name)
		}
	}
}

func TestPoliciesOfDifferentHeadsDisagree(t *testing.T) {
	t.Parallel()
	a, b := policy(t, sampler.Config{Rate: 0.5}), policy(t, sampler.Config{Rate: 0.5})
	if a.Agrees(b) {
		t.Error("two without a head agree, though each may get another")
	}
	sampler.NewHead(a)
	sampler.NewHead(b)
	if a.Agrees(b) {
		t.Error("they agree, though each knows other spans for its own")
	}
}

// TestDecideIntoUsedVerdicts decides every span twice, into a fresh verdict and into one that another
// decision has left full.
func TestDecideIntoUsedVerdicts(t *testing.T) {
	t.Parallel()
	random := newIDs(7)
	used := decision.Verdict{
		State: state(t, "ot=th:1,x=y"), Threshold: 7, Rule: 3, Reason: decision.ByLimit, Keep: true, Rewrite: true, Known: true,
	}
	stale := used
	stale.Rewrite = false // as a Decider may leave it that fills State needlessly
	for name, c := range map[string]sampler.Config{
		"rate":    {Rate: 0.5},
		"error":   {Rate: 0.5, Error: true},
		"span id": {Rate: 0.5, Key: sampler.BySpanID},
		"parents": {Rate: 0.5, IgnoreParent: true},
	} {
		p := policy(t, c)
		sampler.NewHead(p)
		for i := range 400 {
			ts := state(t, []string{"", "ot=th:8", "ot=th:zz", "vendor=1"}[i%4])
			sc := spanContext(random.trace(), random.span(), 1, ts)
			s := decision.Span{Context: sc, State: decision.ReadState(ts, sc.TraceID()), Error: i%8 > 3}
			want := p.Decide(&s, 0)
			for _, dirty := range []decision.Verdict{used, stale} {
				p.DecideInto(&dirty, &s, 0)
				if dirty.Rewrite != want.Rewrite || dirty.State.String() != want.State.String() {
					t.Fatalf("%s: State %q (%v), want %q (%v)", name, dirty.State, dirty.Rewrite, want.State, want.Rewrite)
				}
				want := want
				want.State, dirty.State = trace.TraceState{}, trace.TraceState{}
				if diff := cmp.Diff(want, dirty, cmp.Comparer(func(a, b trace.TraceState) bool { return a.String() == b.String() })); diff != "" {
					t.Fatalf("%s: %s", name, diff)
				}
			}
		}
	}
}
