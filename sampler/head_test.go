package sampler_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/internal/vocab"
	"github.com/tracehook/tracehook/sampler"
)

func TestHeadWithoutPoliciesDrops(t *testing.T) {
	t.Parallel()
	for _, head := range []*sampler.Head{sampler.NewHead(), sampler.NewHead(nil, nil)} {
		r, _ := pass{id: high()}.start(t, head)
		if r.Decision != sdktrace.Drop {
			t.Errorf("a root is decided %v, want Drop", r.Decision)
		}
		r, _ = pass{id: high(), remote: true, parent: "vendor=1,ot=rv:ffffffffffffff"}.start(t, head)
		if r.Decision != sdktrace.Drop || r.Tracestate.Get("vendor") != "1" || r.Tracestate.Get("ot") != "rv:ffffffffffffff" {
			t.Errorf("a child is decided %v with %q, want Drop with everything carried on", r.Decision, r.Tracestate)
		}
	}
}

// A trace id without a span id, which a framework may hand over, belongs to a root: its
// flags say nothing.
func TestHeadTakesATraceIDAloneForARoot(t *testing.T) {
	t.Parallel()
	head := sampler.NewHead(policy(t, sampler.Config{Rate: 0.5, Propagate: true}))
	for id, want := range map[trace.TraceID]sdktrace.SamplingDecision{high(): sdktrace.RecordAndSample, low(): sdktrace.Drop} {
		ctx := trace.ContextWithSpanContext(t.Context(), spanContext(id, trace.SpanID{}, 0, trace.TraceState{}))
		r := head.ShouldSample(sdktrace.SamplingParameters{ParentContext: ctx, TraceID: id, Name: "work"})
		s := decision.Span{Context: spanContext(id, trace.SpanID{1}, flagsOf(r), r.Tracestate)}
		if head.Ended(&s); r.Decision != want || s.Origin != decision.Local {
			t.Errorf("trace %v is decided %v with %q, want %v as a root", id, r.Decision, r.Tracestate, want)
		}
	}
}

func TestHeadDropsExports(t *testing.T) {
	t.Parallel()
	head := sampler.NewHead(policy(t, sampler.Config{Rate: 1, Error: true, Propagate: true}))
	ctx := decision.ExportContext(t.Context())
	r := head.ShouldSample(sdktrace.SamplingParameters{ParentContext: ctx, TraceID: high(), Name: "POST"})
	if r.Decision != sdktrace.Drop {
		t.Errorf("a span of an export is decided %v, want Drop", r.Decision)
	}
}

// th is the loosest of those that vote; who doesn't vote is recorded for.
func TestHeadUnion(t *testing.T) {
	t.Parallel()
	voter := func(rate float64) sampler.Config { return sampler.Config{Rate: rate, Propagate: true} }
	for _, tc := range []struct {
		name    string
		configs []sampler.Config
		id      trace.TraceID
		want    sdktrace.SamplingDecision
		ot      string
	}{
		{"the loosest voter", []sampler.Config{voter(0.01), voter(0.5), voter(0.2)}, high(), sdktrace.RecordAndSample, "th:8"},
		{"nobody keeps it", []sampler.Config{voter(0.01), voter(0.5)}, low(), sdktrace.Drop, ""},
		{"one who doesn't vote keeps it", []sampler.Config{voter(0.01), {Rate: 1}}, high(), sdktrace.RecordOnly, ""},
		{"a span key may keep it", []sampler.Config{voter(0.01), {Rate: 0.001, Key: sampler.BySpanID, Propagate: true}}, high(), sdktrace.RecordOnly, ""},
		{"a span key that keeps nothing", []sampler.Config{voter(0.01), {Key: sampler.BySpanID, Propagate: true}}, high(), sdktrace.Drop, ""},
		{"a rule for another name might", []sampler.Config{{Propagate: true, Rules: []sampler.Rule{{Name: "x", Sample: 0.5}}}}, high(), sdktrace.RecordOnly, ""},
		{"a rule for anything hides the rate", []sampler.Config{{Rate: 1, Propagate: true, Rules: []sampler.Rule{{Sample: 0.5}}}}, low(), sdktrace.Drop, ""},
		{"slow needs recording", []sampler.Config{{Slow: time.Second, Propagate: true}}, low(), sdktrace.RecordOnly, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var policies []*sampler.Policy
			for _, c := range tc.configs {
				policies = append(policies, policy(t, c))
			}
			r, _ := pass{id: tc.id, name: "work"}.start(t, sampler.NewHead(policies...))
			if r.Decision != tc.want || r.Tracestate.Get("ot") != tc.ot {
				t.Errorf("%v with %q, want %v with %q", r.Decision, r.Tracestate.Get("ot"), tc.want, tc.ot)
			}
		})
	}
}

// With one connection that respects parents and one that doesn't, the wire stays as it is, and
// what the second keeps is right below sampled and unsampled parents together.
func TestHeadWithMixedParents(t *testing.T) {
	t.Parallel()
	const n = 40_000 / scale
	respecting := policy(t, sampler.Config{Rate: 1, Propagate: true})
	ignoring := policy(t, sampler.Config{Rate: 0.5, IgnoreParent: true})
	head := sampler.NewHead(respecting, ignoring)
	parent := decision.FromProbability(0.1)
	ids := newIDs(11)
	var a, b estimate
	for range n {
		id := ids.trace()
		in := pass{id: id, remote: true, sampled: parent.Keeps(decision.RandomnessOf(id[:]))}
		if in.sampled {
			in.parent = "ot=th:" + parent.String()
		}
		a.ended(0.1)
		b.ended(0.5)
		r, s := in.start(t, head)
		if s.Context.IsSampled() != in.sampled || r.Tracestate.Get("ot") != state(t, in.parent).Get("ot") {
			t.Fatalf("parent sampled %v with %q, child %v with %q", in.sampled, in.parent, s.Context.IsSampled(), r.Tracestate)
		}
		if r.Decision == sdktrace.Drop {
			continue
		}
		for p, e := range map[*sampler.Policy]*estimate{respecting: &a, ignoring: &b} {
			if v := p.Decide(s, 0); v.Keep {
				weight, _ := weigh(t, s, v)
				e.exported(weight)
			}
		}
	}
	a.check(t, "respecting")
	b.check(t, "ignoring")
	if share := float64(b.kept) / n; share < 0.4 {
		t.Errorf("the ignoring connection kept %v of all spans, want half: the head dropped what it would keep", share)
	}
}

// Spans that began before a reload stand for the right number after it: each keeps in mind
// what was recorded when it began.
func TestSwapKeepsEstimatesUnbiased(t *testing.T) {
	t.Parallel()
	const n = 40_000 / scale
	for _, remote := range []bool{false, true} {
		t.Run(fmt.Sprint("remote parent ", remote), func(t *testing.T) {
			t.Parallel()
			before := policy(t, sampler.Config{Rate: 0.1, Propagate: true})
			after := []*sampler.Policy{
				policy(t, sampler.Config{Rate: 0.5, Propagate: true, Error: true}),
				policy(t, sampler.Config{Rate: 0.02, Propagate: true, Error: true}),
				policy(t, sampler.Config{Rate: 0.5, Error: true, Key: sampler.BySpanID}),
			}
			ids := newIDs(12)
			head := sampler.NewHead(before)
			var spans []*decision.Span
			failures := make([]estimate, len(after))
			ordinary := make([]estimate, len(after))
			for range n {
				in := pass{id: ids.trace(), failed: ids.IntN(5) == 0, remote: remote, sampled: true, parent: "ot=th:0"}
				if !remote {
					in.parent = ""
				}
				for i, p := range []float64{0.1, 0.02, 0.1} {
					switch {
					case in.failed && remote:
						failures[i].ended(1)
					case in.failed:
						failures[i].ended(0.1)
					case remote:
						ordinary[i].ended([]float64{0.5, 0.02, 0.5}[i])
					default:
						ordinary[i].ended(p)
					}
				}
				r, s := in.start(t, head)
				if r.Decision != sdktrace.Drop {
					id := ids.span()
					s.Context = s.Context.WithSpanID(id)
					spans = append(spans, s)
				}
			}
			head.Swap(after...)
			for _, s := range spans {
				for i, p := range after {
					v := p.Decide(s, 0)
					if !v.Keep {
						continue
					}
					weight, known := weigh(t, s, v)
					if !known {
						t.Fatal("weight unknown")
					}
					if s.Error {
						failures[i].exported(weight)
					} else {
						ordinary[i].exported(weight)
					}
				}
			}
			for i := range after {
				failures[i].check(t, fmt.Sprint("errors on connection ", i))
				ordinary[i].check(t, fmt.Sprint("others on connection ", i))
			}
		})
	}
}

// Below a sampled parent without th, errors that nobody recorded for stand for an unknown number
// after a reload that keeps errors; they are kept, and say nothing.
func TestSwapKeepsErrorsOfUnknownWeight(t *testing.T) {
	t.Parallel()
	head := sampler.NewHead(policy(t, sampler.Config{Rate: 0.5, Propagate: true}))
	_, s := pass{id: high(), remote: true, sampled: true, failed: true}.start(t, head)
	after := policy(t, sampler.Config{Rate: 0.5, Error: true, Propagate: true})
	head.Swap(after)
	v := after.Decide(s, 0)
	if !v.Keep || v.Known || v.Threshold != decision.Always {
		t.Errorf("%+v, want kept, weight unknown", v)
	}
	weigh(t, s, v)
}

// Below a sampled parent without th nobody knows how many such spans were not recorded, if no
// connection ignored parents: one that does so from a reload on keeps none of them, rather than
// one that stands for infinitely many, whatever its key.
func TestSwapLeavesOutWhatMayNotHaveBeenRecorded(t *testing.T) {
	t.Parallel()
	for _, key := range []sampler.Key{sampler.ByTraceID, sampler.BySpanID, sampler.ByTraceSpan, sampler.ByCounter} {
		head := sampler.NewHead(policy(t, sampler.Config{Rate: 1, Propagate: true}))
		_, s := pass{id: high(), remote: true, sampled: true}.start(t, head)
		after := policy(t, sampler.Config{Rate: 1, IgnoreParent: true, Key: key})
		head.Swap(after)
		if v := after.Decide(s, 0); v.Keep {
			t.Errorf("key %v: kept, and stands for %v spans", key, v.Threshold.AdjustedCount())
		}
	}
}

func TestHeadSwapConcurrentSafe(t *testing.T) {
	t.Parallel()
	head := sampler.NewHead()
	p := policy(t, sampler.Config{Rate: 0.5, Error: true, Propagate: true, Dynamic: true, Limit: 1000, Rules: []sampler.Rule{{Name: "n*", Sample: 0.1}}})
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			ids := newIDs(uint64(g))
			for i := range 500 {
				in := pass{id: ids.trace(), name: fmt.Sprint("n", i%50), load: float64(i%100) / 100, failed: i%7 == 0}
				if g == 0 {
					head.Swap(p)
				}
				_, s := in.start(t, head)
				if v := p.Decide(s, in.load); v.Keep && !v.Threshold.Keeps(s.State.Randomness) {
					t.Errorf("kept below its threshold: %+v", v)
				}
			}
		})
	}
	wg.Wait()
}

func TestHeadDoesNotAllocate(t *testing.T) {
	head := sampler.NewHead(fourConnections(t)...)
	for name, params := range starts(t, head) {
		i := 0
		if n := testing.AllocsPerRun(1000, func() { head.ShouldSample(params[i&63]); i++ }); n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
}

// Conditions on kind, service, numbers and booleans don't allocate either, nor do names that
// are too many to be remembered.
func TestConditionsDoNotAllocate(t *testing.T) {
	p := policy(t, sampler.Config{Rate: 1, Propagate: true, Service: "shop", Rules: []sampler.Rule{
		{Name: "*?", Service: "sh?p", Kind: "queue", Sample: 0.5},
		{Name: "n*", Attrs: map[string][]string{"count": {"5*"}, "ratio": {"0.25"}, "ok": {"true"}}, Sample: 0.25},
	}})
	head := sampler.NewHead(p)
	attrs := []attribute.KeyValue{
		attribute.Int64("count", 5123456789), attribute.Float64("ratio", 0.25), attribute.Bool("ok", true), vocab.Kind.String("queue"),
	}
	names := make([]string, 5000)
	for i := range names {
		names[i] = fmt.Sprint("n", i)
	}
	res := resource.NewSchemaless(attribute.String("service.name", "shop"), attribute.String("a", "b"))
	i := 0
	one := func() {
		in := sdktrace.SamplingParameters{ParentContext: t.Context(), TraceID: high(), Name: names[i%len(names)], Attributes: attrs}
		i++
		r := head.ShouldSample(in)
		sc := spanContext(high(), trace.SpanID{1}, flagsOf(r), r.Tracestate)
		s := decision.Span{Context: sc, State: decision.ReadState(sc.TraceState(), high())}
		s.Ended = &ended{name: in.Name, attrs: attrs, res: res}
		head.Ended(&s)
		if v := p.Decide(&s, 0); v.Rule != 0 {
			t.Fatalf("rule %d, want 0", v.Rule)
		}
	}
	for range names { // as many names as are remembered
		one()
	}
	if n := testing.AllocsPerRun(1000, one); n > 1 { // the test's own span
		t.Errorf("%v allocations, want only the test's own", n)
	}
}

func TestDecideDoesNotAllocate(t *testing.T) {
	for _, rules := range []int{1, 256} {
		p, spans := decided(t, rules)
		for _, failed := range []bool{false, true} {
			i := 0
			if n := testing.AllocsPerRun(1000, func() {
				s := spans[i&63]
				s.Error = failed
				p.Decide(&s, 0.85)
				i++
			}); n != 0 {
				t.Errorf("%d rules, error %v: %v allocations, want 0", rules, failed, n)
			}
		}
	}
}

// Long names hold ids or queries, so that each comes once: remembering them would copy
// every one.
func TestLongNamesAreNotRemembered(t *testing.T) {
	p := policy(t, sampler.Config{Rate: 1, Propagate: true, Rules: []sampler.Rule{{Name: "GET *", Sample: 0.5}}})
	head := sampler.NewHead(p)
	names := make([]string, 500)
	for i := range names {
		names[i] = fmt.Sprintf("GET /%0200d", i)
	}
	i := 0
	if n := testing.AllocsPerRun(400, func() {
		name := names[i]
		i++
		head.ShouldSample(sdktrace.SamplingParameters{ParentContext: t.Context(), TraceID: high(), Name: name})
		s := decision.Span{Ended: &ended{name: name}}
		p.Decide(&s, 0)
	}); n > 1 { // the test's own span
		t.Errorf("%v allocations for each, want only the test's own", n)
	}
}
