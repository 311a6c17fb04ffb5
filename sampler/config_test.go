package sampler_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook/sampler"
	"github.com/tracehook/tracehook/setting"
)

// split returns the single errors of a joined one.
func split(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

func TestNewPolicyReportsEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := sampler.NewPolicy(sampler.Config{
		Rate: 1.5, Limit: -1, Slow: -time.Second, Key: 9,
		Rules: []sampler.Rule{
			{Name: `a\`, Sample: math.NaN()},
			{Kind: "servre", Service: "x\xff", Sample: -0.1},
			{Attrs: map[string][]string{"": {"a"}}},
			{Attrs: map[string][]string{"tier": {}}},
			{Attrs: map[string][]string{"tier": {"a", `b\c`}}},
		},
	})
	var got []string
	for _, e := range split(err) {
		var c setting.Problem
		if !errors.As(e, &c) {
			t.Fatalf("%v is no setting.Problem", e)
		}
		got = append(got, c.Path)
	}
	want := []string{
		"rate", "limit", "slow", "key",
		"rules[0].name", "rules[0].sample", "rules[1].service", "rules[1].sample", "rules[1].kind",
		"rules[2].attrs", "rules[3].attrs.tier", "rules[4].attrs.tier",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s\n%v", diff, err)
	}
	if text := err.Error(); !strings.Contains(text, `did you mean "server"?`) || !strings.Contains(text, "1.5 is not a probability") {
		t.Errorf("the text doesn't help: %s", text)
	}
}

func TestNewPolicyLimitsNumbers(t *testing.T) {
	t.Parallel()
	for key, c := range map[string]sampler.Config{
		"limit": {Limit: math.Inf(1)},
		"rate":  {Rate: math.NaN()},
		"rules": {Rules: make([]sampler.Rule, 1025)},
	} {
		_, err := sampler.NewPolicy(c)
		var e setting.Problem
		if !errors.As(err, &e) || e.Path != key {
			t.Errorf("%s: %v", key, err)
		}
	}
	if _, err := sampler.NewPolicy(sampler.Config{Limit: math.NaN()}); err == nil {
		t.Error("a limit of NaN is accepted")
	}
	if _, err := sampler.NewPolicy(sampler.Config{Limit: math.SmallestNonzeroFloat64, Rate: 1}); err != nil {
		t.Errorf("a tiny limit: %v", err)
	}
}

func TestDuplicateRules(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		a, b sampler.Rule
		same bool
	}{
		{"equal", sampler.Rule{Name: "a*"}, sampler.Rule{Name: "a*", Sample: 1}, true},
		{"written differently", sampler.Rule{Name: "a*?"}, sampler.Rule{Name: "a?**"}, true},
		{"no name and any name", sampler.Rule{}, sampler.Rule{Name: "*"}, true},
		{"case of a kind", sampler.Rule{Kind: "HTTP"}, sampler.Rule{Kind: "http"}, true},
		{"order of values", sampler.Rule{Attrs: map[string][]string{"t": {"a", "b"}}}, sampler.Rule{Attrs: map[string][]string{"t": {"b", "a"}}}, true},
		{"one value less", sampler.Rule{Attrs: map[string][]string{"t": {"a", "b"}}}, sampler.Rule{Attrs: map[string][]string{"t": {"b"}}}, false},
		{"another key", sampler.Rule{Attrs: map[string][]string{"t": {"a"}}}, sampler.Rule{Attrs: map[string][]string{"u": {"a"}}}, false},
		{"any value is not no condition", sampler.Rule{Name: "a"}, sampler.Rule{Name: "a", Attrs: map[string][]string{"u": {"*"}}}, false},
		{"another kind", sampler.Rule{Kind: "http"}, sampler.Rule{Kind: "queue"}, false},
		{"another service", sampler.Rule{Service: "a"}, sampler.Rule{Service: "b"}, false},
		{"overlapping", sampler.Rule{Name: "a*"}, sampler.Rule{Name: "*a"}, false},
	} {
		_, err := sampler.NewPolicy(sampler.Config{Rules: []sampler.Rule{tc.a, tc.b}})
		if (err != nil) != tc.same {
			t.Errorf("%s: %v", tc.name, err)
		}
		var e setting.Problem
		if tc.same && (!errors.As(err, &e) || e.Path != "rules[1]" || !strings.Contains(e.Message, "rules[0]")) {
			t.Errorf("%s: %v, want a problem of rules[1] that names rules[0]", tc.name, err)
		}
	}
}

// The configuration may change after the policy was made.
func TestNewPolicyCopies(t *testing.T) {
	t.Parallel()
	c := sampler.Config{Rules: []sampler.Rule{{Name: "a", Sample: 1, Attrs: map[string][]string{"t": {"x"}}}}}
	p := policy(t, c)
	before := p.Explain("a", "").String()
	c.Rules[0].Attrs["t"][0], c.Rules[0].Name = "y", "b"
	if after := p.Explain("a", "").String(); after != before {
		t.Errorf("got %s\nwant %s", after, before)
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		rules []sampler.Rule
		want  int
	}{
		{"specific first", []sampler.Rule{{Name: "ab*", Sample: 1}, {Name: "a*", Sample: 0.5}}, 0},
		{"specific last", []sampler.Rule{{Name: "a*", Sample: 0.5}, {Name: "ab*", Sample: 1}}, 1},
		{"no difference", []sampler.Rule{{Name: "a*", Sample: 1}, {Name: "ab*", Sample: 1}}, 0},
		{"behind two", []sampler.Rule{{Sample: 0.1}, {Name: "a*", Sample: 0.5}, {Name: "ab*", Sample: 1}}, 2},
	} {
		if got := policy(t, sampler.Config{Rules: tc.rules}).Notes(); len(got) != tc.want {
			t.Errorf("%s: %d notes, want %d: %q", tc.name, len(got), tc.want, got)
		}
	}
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]sampler.Key{
		"": sampler.ByTraceID, "trace_id": sampler.ByTraceID, "Span_ID": sampler.BySpanID, "trace_span": sampler.ByTraceSpan, "counter": sampler.ByCounter,
	} {
		got, err := sampler.ParseKey(word)
		if err != nil || got != want {
			t.Errorf("ParseKey(%q) = %v, %v, want %v", word, got, err, want)
		}
		if again, err := sampler.ParseKey(got.String()); err != nil || again != got {
			t.Errorf("%v reads back as %v, %v", got, again, err)
		}
	}
	var e setting.Problem
	if _, err := sampler.ParseKey("spanid"); !errors.As(err, &e) || e.Path != "key" || !strings.Contains(e.Message, `did you mean "span_id"?`) {
		t.Errorf("ParseKey of a misspelled word: %v", err)
	}
	if got := sampler.Key(99).String(); got != "unknown" {
		t.Errorf("key 99 is called %q", got)
	}
}

// A rule on an attribute that the conventions have renamed looks at both names, the present one
// first.
func TestRenamedAttributes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"http.method", "http.request.method"} {
		p := policy(t, sampler.Config{Rate: 1, Rules: []sampler.Rule{
			{Attrs: map[string][]string{name: {"P*"}, "http.status_code": {"500"}}},
			{Attrs: map[string][]string{name: {"GET", "HEAD"}}},
		}})
		head := sampler.NewHead(p)
		for _, tc := range []struct {
			attrs []attribute.KeyValue
			want  int32
		}{
			{[]attribute.KeyValue{attribute.String("http.method", "GET")}, 1},
			{[]attribute.KeyValue{attribute.String("http.request.method", "GET")}, 1},
			{[]attribute.KeyValue{attribute.String("http.method", "PUT"), attribute.String("http.request.method", "GET")}, 1},
			{[]attribute.KeyValue{attribute.String("http.method", "PUT"), attribute.Int("http.response.status_code", 500)}, 0},
			{[]attribute.KeyValue{attribute.String("http.method", "PUT"), attribute.Int("http.response.status_code", 200)}, -1},
		} {
			for range 3 {
				_, s := pass{id: high(), name: "x", attrs: tc.attrs}.start(t, head)
				if v := p.Decide(s, 0); v.Rule != tc.want {
					t.Errorf("rules on %s, attributes %v: rule %d, want %d", name, tc.attrs, v.Rule, tc.want)
				}
			}
		}
	}
	_, err := sampler.NewPolicy(sampler.Config{Rules: []sampler.Rule{{Attrs: map[string][]string{"http.method": {"a"}, "http.request.method": {"b"}}}}})
	if err == nil || !strings.Contains(err.Error(), "http.request.method is asked for twice") {
		t.Errorf("both names in one rule: %v", err)
	}
}
