package sampler

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/vocab"
)

// plain is the definition of how rules decide: a loop over all of them, nothing compiled but
// the single conditions.
func plain(rules []rule, s *subject) int {
	best := -1
	for i := range rules {
		if !rules[i].matches(s) {
			continue
		}
		if best < 0 || rules[i].within(&rules[best]) && !rules[best].within(&rules[i]) {
			best = i
		}
	}
	return best
}

func compiled(tb testing.TB, rules []Rule) *matcher {
	tb.Helper()
	var p problems
	var out []rule
	for i, r := range rules {
		out = append(out, compileRule(r, fmt.Sprintf("rules[%d]", i), &p))
	}
	if err := p.err(); err != nil {
		tb.Fatal(err)
	}
	m := newMatcher(out)
	m.rank(&p) // duplicates don't matter here: the second just never decides
	return m
}

func randomRule(random *rand.Rand) Rule {
	pick := func(words ...string) string { return words[random.IntN(len(words))] }
	r := Rule{Sample: random.Float64()}
	if random.IntN(4) > 0 {
		r.Name = pick("*", "a*", "ab*", "*b", "*ab", "a*b", "?b*", "abc", "ab", "b?", "*a*", `a\*`, "aé*", "*é", "*b*b*", "*a?b*", "*ab*", "*b*", "*é*", "a*b*", "?*b", "*?", "a*c") + pick("", "", "", "c", "*")
	}
	if random.IntN(5) == 0 {
		r.Kind = pick("http", "server", "Internal", "queue", "consumer")
	}
	if random.IntN(6) == 0 {
		r.Service = pick("shop", "sh*", "*")
	}
	for range random.IntN(3) {
		if r.Attrs == nil {
			r.Attrs = map[string][]string{}
		}
		values := []string{pick("a", "b", "1", "true", "0.5")}
		if random.IntN(2) == 0 {
			values = append(values, pick("a*", "*", "b", "?", "1"))
		}
		r.Attrs[pick("x", "y", "z")] = values
	}
	return r
}

func randomSubject(random *rand.Rand) *subject {
	pick := func(words ...string) string { return words[random.IntN(len(words))] }
	s := &subject{
		name: pick("a", "ab", "abc", "abb", "b", "xb", "aé", "é", "", "a*", "bc", "cab", fmt.Sprint("ab", random.IntN(2000))), otelKind: trace.SpanKind(random.IntN(6)),
		service: pick("", "shop", "ship"),
	}
	for _, key := range []string{"x", "y", "z", "x", "other"} {
		var v attribute.Value
		switch random.IntN(14) {
		case 0:
			v = attribute.StringValue(pick("a", "b", "1", "ab", ""))
		case 1:
			v = attribute.BoolValue(random.IntN(2) == 0)
		case 2:
			v = attribute.IntValue(random.IntN(3))
		case 3:
			v = attribute.Float64Value([]float64{0.5, 1, math.NaN(), math.Inf(1), 1e300, -0.0001}[random.IntN(6)])
		case 4:
			v = attribute.StringSliceValue([]string{"b", "ab"})
		case 5:
			v = attribute.IntSliceValue([]int{3, 1})
		case 6:
			v = attribute.BoolSliceValue([]bool{true})
		case 7:
			v = attribute.Float64SliceValue([]float64{0.5})
		case 8:
			v = attribute.SliceValue(attribute.StringValue("a"), attribute.SliceValue(attribute.IntValue(1)))
		case 9:
			v = attribute.MapValue(attribute.String("a", "b"))
		case 10:
			v = attribute.Value{}
		case 11:
			v = attribute.ByteSliceValue([]byte("b"))
		default:
			continue
		}
		s.attrs = append(s.attrs, attribute.KeyValue{Key: attribute.Key(key), Value: v})
	}
	if random.IntN(3) == 0 {
		s.attrs = append(s.attrs, vocab.Kind.String(pick("http", "queue", "internal", "odd")))
	}
	if random.IntN(3) == 0 {
		s.attrs = append(s.attrs, vocab.Service.String(pick("shop", "x")))
	}
	return s
}

// The compiled matcher decides as the plain loop does: with indexes and memory, without
// memory, and for a head over the policy. Each name comes often, so that both the first and
// the later sight of it are tested.
func TestMatcherAgainstThePlainLoop(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	matched := 0
	for range 400 {
		var rules []Rule
		for range random.IntN(90) {
			rules = append(rules, randomRule(random))
		}
		m := compiled(t, rules)
		forgetful := compiled(t, rules)
		forgetful.memo.fills.left.Store(math.MinInt64 / 2)
		forgetful.memo.fills.perSec = 0
		for range 100 {
			s := randomSubject(random)
			want := plain(m.rules, s)
			if got := m.find(s); got != want {
				t.Fatalf("%+v\nof %+v\ngot rule %d, want %d", s, rules, got, want)
			}
			if got := forgetful.find(s); got != want {
				t.Fatalf("without memory: %+v\nof %+v\ngot rule %d, want %d", s, rules, got, want)
			}
			if want >= 0 {
				matched++
			}
		}
	}
	if matched < 10_000 {
		t.Fatalf("only %d of 40,000 spans matched a rule", matched)
	}
}

// The head's vote is the loosest threshold of the policies, however it comes to it.
func TestHeadVoteAgainstThePlainLoop(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(9, 10))
	for range 200 {
		var policies []*Policy
		for range 1 + random.IntN(4) {
			c := Config{Rate: random.Float64(), Propagate: true, Service: "shop"}
			for range random.IntN(6) {
				c.Rules = append(c.Rules, randomRule(random))
			}
			if p, err := NewPolicy(c); err == nil { // some have duplicates
				policies = append(policies, p)
			}
		}
		set := newHeadSet(Wire{}, policies)
		for range 100 {
			s := randomSubject(random)
			s.service = "shop"
			want := set.roots.votes[0].threshold
			for _, p := range policies {
				e := &p.entries[len(p.entries)-1]
				if i := plain(p.matcher.rules, s); i >= 0 {
					e = &p.entries[i]
				}
				want = min(want, e.thresholds[0])
			}
			if got := set.roots.ask(s).threshold; got != want {
				t.Fatalf("%+v: th %q, want %q", s, got, want)
			}
		}
	}
}

// However many names come that are never seen again, first or later, those that an application
// has are remembered, in a memory of fixed size.
func TestStrangeNamesPushNothingOut(t *testing.T) {
	t.Parallel()
	m := compiled(t, []Rule{{Name: "a*", Sample: 1}})
	strange := 0
	stranger := func(n, times int) {
		for range n {
			strange++
			s := &subject{name: fmt.Sprint("a", strange)}
			for range times {
				if got := m.find(s); got != 0 {
					t.Fatalf("%s: rule %d, want 0", s.name, got)
				}
			}
		}
	}
	own := make([]*subject, 20)
	for i := range own {
		own[i] = &subject{name: fmt.Sprint("an application's own ", i)}
	}
	stranger(1_000_000, 3) // for a head and two policies
	if left := m.memo.fills.left.Load(); left < m.memo.fills.burst-memoSlots {
		t.Errorf("%d of %d fills are left after names that filled %d places", left, m.memo.fills.burst, memoSlots)
	}
	for range 10 * comings {
		for _, s := range own {
			m.find(s)
		}
		stranger(5, 3)
	}
	known := func() (n int) {
		slots := map[*atomic.Pointer[known]]bool{}
		for _, s := range own {
			slot := &m.memo.slots[hash(s.name)>>56]
			if m.memo.get(s.name) != nil {
				n++
			} else if slots[slot] {
				n++ // it shares its place with another one of them
			}
			slots[slot] = true
		}
		return n
	}
	if n := known(); n < len(own)-2 {
		t.Errorf("after %d strange names %d of %d own names are remembered", strange, n, len(own))
	}
	before := known()
	for range 20 {
		stranger(10_000, 3)
		stranger(60, 2*comings) // these get in
		for _, s := range own {
			m.find(s)
		}
	}
	if n := known(); n < before {
		t.Errorf("after %d strange names %d own names are remembered, before it were %d", strange, n, before)
	}
}

// A name that was pushed out, or had no place, gets one again later.
func TestMemoryRefills(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPace(3, 2)
		for i, want := range []bool{true, true, true, false, false} {
			if got := p.take(); got != want {
				t.Errorf("take %d: %v", i, got)
			}
		}
		time.Sleep(time.Second)
		for i, want := range []bool{true, true, false} {
			if got := p.take(); got != want {
				t.Errorf("after a second, take %d: %v", i, got)
			}
		}
		time.Sleep(time.Hour)
		for i, want := range []bool{true, true, true, false} {
			if got := p.take(); got != want {
				t.Errorf("after an hour, take %d: %v", i, got)
			}
		}
	})
}

func FuzzRules(f *testing.F) {
	f.Add("http:*", "http", "tenant", "a*", "http:get", "tenant", "ab", int64(3), 0.5)
	f.Add(`a\*?`, "", "x", "1", "a*b", "x", "1", int64(1), math.NaN())
	f.Add("*", "server", "", "", "", "", "", int64(0), 0.0)
	f.Add("**?", "custom", "k", "?*", "é", "k", "\xff", int64(-1), -1.5)
	f.Fuzz(func(t *testing.T, name, kind, key, value, span, attr, text string, number int64, fraction float64) {
		rules := []Rule{
			{Name: name, Kind: kind, Attrs: map[string][]string{key: {value, "1"}}, Sample: 0.5},
			{Name: name, Sample: 0.25},
			{Attrs: map[string][]string{key: {value}}, Sample: 0.125},
			{Name: value, Service: name},
			{Name: "*" + value},
			{Name: value + "*"},
		}
		var usable []Rule
		var out []rule
		for _, r := range rules {
			var p problems
			if c := compileRule(r, "rules[0]", &p); p.err() == nil {
				usable, out = append(usable, r), append(out, c)
			}
		}
		m := compiled(t, usable)
		for _, v := range []attribute.Value{
			attribute.StringValue(text), attribute.Int64Value(number), attribute.Float64Value(fraction),
			attribute.BoolValue(number&1 == 1), attribute.StringSliceValue([]string{text, value}),
		} {
			s := &subject{name: span, attrs: []attribute.KeyValue{{Key: attribute.Key(attr), Value: v}, vocab.Kind.String(kind)}, service: text}
			for range 2 {
				if got, want := m.find(s), plain(out, s); got != want {
					t.Fatalf("rules %+v, span %+v: rule %d, want %d", usable, s, got, want)
				}
			}
		}
	})
}
