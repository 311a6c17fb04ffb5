package sampler_test

import (
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/sampler"
)

// work is one kind of span in the mix, with what four connections are to give it if it is
// neither an error nor slow.
type work struct {
	share  float64
	name   string
	attrs  []attribute.KeyValue
	expect [4]float64
}

func mix() []work {
	return []work{
		{0.4, "http:get", nil, [4]float64{0.1, 0.5, 0.01, 0.05}},
		{0.2, "service:order.pay", nil, [4]float64{0.3, 0.5, 0.01, 0.05}},
		{0.1, "service:user.login", []attribute.KeyValue{attribute.Bool("vip", true)}, [4]float64{1, 0.5, 0.01, 0.05}},
		{0.1, "service:user.login", []attribute.KeyValue{attribute.Bool("vip", false)}, [4]float64{0.3, 0.5, 0.01, 0.05}},
		{0.2, "cron:clean", nil, [4]float64{0.2, 0.5, 0.001, 0.05}},
	}
}

func mixConnections(tb testing.TB) []*sampler.Policy {
	tb.Helper()
	return []*sampler.Policy{
		policy(tb, sampler.Config{
			Connection: "rules", Rate: 0.2, Error: true, Slow: time.Second, Propagate: true,
			Rules: []sampler.Rule{
				{Name: "http:*", Sample: 0.1},
				{Name: "service:*", Sample: 0.3},
				{Name: "service:user.*", Sample: 1, Attrs: map[string][]string{"vip": {"true"}}},
			},
		}),
		policy(tb, sampler.Config{Connection: "dynamic", Rate: 0.5, Error: true, Propagate: true, Dynamic: true}),
		policy(tb, sampler.Config{
			Connection: "tight", Rate: 0.01, Propagate: true,
			Rules: []sampler.Rule{{Name: "cron:*", Sample: 0.001}},
		}),
		policy(tb, sampler.Config{Connection: "by span", Rate: 0.05, Slow: time.Second, Key: sampler.BySpanID}),
	}
}

// For a mix of rules, rates, errors, slow spans and a changing dynamic factor, what each
// connection exports stands for what has ended: overall, and for each kind of span.
func TestEstimatesAreUnbiased(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 1_000_000 / scale
		works, policies := mix(), mixConnections(t)
		head := sampler.NewHead(policies...)
		ids := newIDs(1)
		var all [4]estimate
		byKind := make([][4]estimate, len(works))
		for i := range n {
			// The load doesn't depend on the spans: it goes up and down with the clock.
			load := []float64{0, 0.85, 0.97, 0.92, 0.3}[i*10/n%5]
			if i%(n/100) == 0 {
				time.Sleep(2 * time.Second)
			}
			kind, rest := 0, ids.Float64()
			for ; kind < len(works)-1 && rest >= works[kind].share; kind++ {
				rest -= works[kind].share
			}
			w := works[kind]
			failed, slow := ids.IntN(50) == 0, ids.IntN(50) == 0
			e := &ended{name: w.name, attrs: w.attrs}
			id := ids.trace()
			r := head.ShouldSample(sdktrace.SamplingParameters{ParentContext: t.Context(), TraceID: id, Name: w.name, Attributes: w.attrs})
			if r.Decision == sdktrace.Drop {
				t.Fatal("dropped, though errors are kept")
			}
			sc := spanContext(id, ids.span(), flagsOf(r), r.Tracestate)
			s := decision.Span{Ended: e, Context: sc, State: decision.ReadState(sc.TraceState(), id), Error: failed}
			head.Ended(&s)
			if slow {
				s.Duration = 2 * time.Second
			}
			for c, p := range policies {
				v := p.Decide(&s, load)
				want := w.expect[c]
				switch {
				case failed && c < 2, slow && (c == 0 || c == 3):
					if want = 1; !v.Keep {
						t.Fatalf("connection %d lost an error or a slow span", c)
					}
				case c == 1:
					want *= p.Factor()
				}
				if got := v.Threshold.Probability(); math.Abs(got/want-1) > 0.00014 {
					t.Fatalf("%s on connection %d: probability %v, want %v", w.name, c, got, want)
				}
				all[c].ended(want)
				byKind[kind][c].ended(want)
				if v.Keep {
					weight, known := weigh(t, &s, v)
					if !known {
						t.Fatal("weight unknown")
					}
					all[c].exported(weight)
					byKind[kind][c].exported(weight)
				}
			}
		}
		for c := range policies {
			all[c].check(t, fmt.Sprintf("connection %d", c))
			for k := range works {
				byKind[k][c].check(t, fmt.Sprintf("connection %d, %s %v", c, works[k].name, works[k].attrs))
			}
		}
	})
}

// Where no connection keeps errors or slow spans, the head drops most spans before they cost
// anything; what remains is as unbiased.
func TestEstimatesAreUnbiasedBehindAHeadThatDrops(t *testing.T) {
	t.Parallel()
	const n = 200_000 / scale
	loose := policy(t, sampler.Config{Rate: 0.1, Propagate: true})
	tight := policy(t, sampler.Config{Rate: 0.001, Propagate: true, Rules: []sampler.Rule{{Name: "late", Sample: 0.05}}})
	head := sampler.NewHead(loose, tight)
	ids := newIDs(3)
	var estimates [2]estimate
	recorded := 0
	for range n {
		id := ids.trace()
		// The name at the start matches no rule; the one at the end does.
		r := head.ShouldSample(sdktrace.SamplingParameters{ParentContext: t.Context(), TraceID: id, Name: "HTTP GET"})
		estimates[0].ended(0.1)
		estimates[1].ended(0.05)
		if r.Decision == sdktrace.Drop {
			continue
		}
		recorded++
		sc := spanContext(id, ids.span(), flagsOf(r), r.Tracestate)
		s := decision.Span{Ended: &ended{name: "late"}, Context: sc, State: decision.ReadState(sc.TraceState(), id)}
		head.Ended(&s)
		for c, p := range []*sampler.Policy{loose, tight} {
			if v := p.Decide(&s, 0); v.Keep {
				weight, _ := weigh(t, &s, v)
				estimates[c].exported(weight)
			}
		}
	}
	if share := float64(recorded) / n; math.Abs(share-0.1) > 0.01 {
		t.Errorf("%v of all spans were recorded, want 0.1", share)
	}
	estimates[0].check(t, "loose")
	estimates[1].check(t, "tight, renamed")
}

// 1 % is a subset of 10 % is a subset of 100 %, on the same traces, across two services and
// across connections, and under the dynamic factor.
func TestLowerProbabilitiesKeepSubsets(t *testing.T) {
	t.Parallel()
	const n = 100_000 / scale
	rates := []float64{0.001, 0.01, 0.1, 1}
	var services [2][]*sampler.Policy
	var heads [2]*sampler.Head
	for i := range services {
		for _, rate := range rates {
			services[i] = append(services[i], policy(t, sampler.Config{Rate: rate, Propagate: true, Dynamic: i == 1}))
		}
		heads[i] = sampler.NewHead(services[i]...)
	}
	ids := newIDs(4)
	counts := make([]int, len(rates))
	for range n {
		id := ids.trace()
		var kept [2][]bool
		for i, head := range heads {
			r := head.ShouldSample(sdktrace.SamplingParameters{ParentContext: t.Context(), TraceID: id, Name: "work"})
			sc := spanContext(id, ids.span(), flagsOf(r), r.Tracestate)
			s := decision.Span{Ended: &ended{name: "work"}, Context: sc, State: decision.ReadState(sc.TraceState(), id)}
			head.Ended(&s)
			for _, p := range services[i] {
				kept[i] = append(kept[i], p.Decide(&s, float64(i)*0.85).Keep)
			}
		}
		for c := range rates {
			if kept[0][c] {
				counts[c]++
			}
			if c > 0 && kept[0][c-1] && !kept[0][c] {
				t.Fatalf("trace %v is kept at %v, not at %v", id, rates[c-1], rates[c])
			}
			if kept[1][c] && !kept[0][c] {
				t.Fatalf("trace %v is kept at half of %v, not at %v", id, rates[c], rates[c])
			}
		}
	}
	if counts[0] == 0 || counts[3] != n {
		t.Errorf("kept %v of %d", counts, n)
	}
}
