package sampler_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/sampler"
)

// forgeries are tracestates by which a stranger might try to move what is kept or counted.
func forgeries() []string {
	var all []string
	for _, th := range []string{"", "th:0", "th:8", "th:fffff", "th:ffffffffffffff", "th:zz", "th:"} {
		for _, rv := range []string{"", "rv:00000000000000", "rv:ffffffffffffff", "rv:8", "rv:zz"} {
			switch {
			case th == "" && rv == "":
				all = append(all, "", "tracehook=l00000000")
			case th == "" || rv == "":
				all = append(all, "ot="+th+rv)
			default:
				all = append(all, "ot="+th+";"+rv, "ot="+rv+";"+th+";th:ffffffffffffff", "tracehook=u00000000,ot="+th+";"+rv)
			}
		}
	}
	return all
}

// One forged request moves no account by more than one largest weight, or one over the
// connection's own rate, in any mode; and what is exported says no more.
func TestOneForgedRequestWeighsLittle(t *testing.T) {
	t.Parallel()
	for _, ignore := range []bool{false, true} {
		for _, rate := range []float64{1, 0.5, 0.001, 1e-8} {
			for _, unknown := range []bool{false, true} {
				for _, key := range []sampler.Key{sampler.ByTraceID, sampler.BySpanID, sampler.ByTraceSpan, sampler.ByCounter} {
					p := policy(t, sampler.Config{Rate: rate, IgnoreParent: ignore, Key: key, Propagate: true, Error: true})
					respecting := policy(t, sampler.Config{Rate: 1, Propagate: true})
					head := sampler.NewWiredHead(sampler.Wire{UnknownWithoutTh: unknown}, p, respecting)
					for _, ts := range forgeries() {
						for _, id := range []trace.TraceID{{0: 1, 15: 1}, {0: 1, 9: 255, 10: 255, 11: 255, 12: 255, 13: 255, 14: 255, 15: 255}} {
							for _, flags := range []bool{false, true} {
								for _, failed := range []bool{false, true} {
									_, s := pass{id: id, remote: true, sampled: flags, parent: ts, failed: failed}.start(t, head)
									v := p.Decide(s, 0)
									most := max(sampler.DefaultMaxWeight, 1.0001/rate)
									if got := weightOf(s, &v); got > most {
										t.Errorf("ignore %v, rate %v, key %v, %q: counts as %v spans", ignore, rate, key, ts, got)
									}
								}
							}
						}
					}
				}
			}
		}
	}
}

// weightOf returns what is booked or read for a span, whichever is more.
func weightOf(s *decision.Span, v *decision.Verdict) float64 {
	if !v.Keep && v.Reason != decision.ByLimit {
		return 0
	}
	ts := s.Context.TraceState()
	if v.Rewrite {
		ts = v.State
	}
	weight := v.Threshold.AdjustedCount()
	if st := decision.ReadState(ts, s.Context.TraceID()); st.CarriesThreshold && !math.IsInf(st.Threshold.AdjustedCount(), 0) {
		weight = max(weight, st.Threshold.AdjustedCount())
	}
	return weight
}

// A weight above the largest counts as none, for all spans below, and doesn't travel on.
func TestTooLargeAWeightCountsAsNone(t *testing.T) {
	t.Parallel()
	for most, believed := range map[float64]bool{0: true, 1 << 20: true, 1 << 30: true, 100: false, math.NaN(): true} {
		p := policy(t, sampler.Config{Rate: 1, Propagate: true})
		head := sampler.NewWiredHead(sampler.Wire{MaxWeight: most}, p)
		id := trace.TraceID{0: 1, 9: 255, 10: 255, 11: 255, 12: 255, 13: 255, 14: 255, 15: 255}
		th := decision.FromProbability(1.0 / 1000)
		r, s := pass{id: id, remote: true, sampled: true, parent: "ot=th:" + th.String() + ";x:y,v=1"}.start(t, head)
		v := p.Decide(s, 0)
		want := decision.Always
		if believed {
			want = th
		}
		if v.Threshold != want || !v.Known {
			t.Errorf("most %v: %+v, want threshold %q", most, v, want)
		}
		if got := decision.ReadState(r.Tracestate, id); got.CarriesThreshold != believed || r.Tracestate.Get("v") != "1" {
			t.Errorf("most %v: %q travels on", most, r.Tracestate)
		}
	}
}

// A parent that is ignored has no say by its rv either.
func TestIgnoredParentsRandomnessIsIgnored(t *testing.T) {
	t.Parallel()
	ignoring := policy(t, sampler.Config{Rate: 0.001, Propagate: true, IgnoreParent: true})
	respecting := policy(t, sampler.Config{Rate: 1, Propagate: true})
	for name, head := range map[string]*sampler.Head{"alone": sampler.NewHead(ignoring), "beside one that respects": sampler.NewHead(ignoring, respecting)} {
		ids := newIDs(3)
		kept := 0
		for range 2000 {
			id := ids.trace()
			r, s := pass{id: id, remote: true, sampled: true, parent: "ot=rv:ffffffffffffff"}.start(t, head)
			if name != "alone" && r.Tracestate.String() != "ot=rv:ffffffffffffff" {
				t.Fatalf("%s: %q travels on", name, r.Tracestate)
			}
			if v := ignoring.Decide(s, 0); v.Keep {
				kept++
				weigh(t, s, v)
				if got := ot(s, v); got != "th:ffbe7" && got != "th:"+v.Threshold.String() {
					t.Errorf("%s: exported with %q", name, got)
				}
			}
		}
		if kept > 10 {
			t.Errorf("%s: %d of 2000 forged requests were kept, want about 2", name, kept)
		}
	}
}

// Behind an edge, nothing that a stranger says moves anything: not the flag, the tracestate, the
// trace id, or the id of a span of ours.
func TestEdge(t *testing.T) {
	t.Parallel()
	for _, edge := range []sampler.Edge{sampler.EdgeRestart, sampler.EdgeIgnore} {
		for _, ignore := range []bool{false, true} {
			t.Run(fmt.Sprint(edge, ", ignore ", ignore), func(t *testing.T) {
				t.Parallel()
				const n = 20_000
				p := newProcess(policy(t, sampler.Config{Rate: 0.01, Propagate: true, IgnoreParent: ignore}))
				p.head.SwapWire(sampler.Wire{Edge: edge}, p.policies...)
				all := forgeries()
				for i := range n {
					flags := trace.TraceFlags(i & 1)
					ctx := arrived(t, trace.TraceID{0: 1, 1: byte(i), 2: byte(i >> 8), 9: 255, 10: 255, 11: 255, 12: 255, 13: 255, 14: 255, 15: 255}, flags, all[i%len(all)])
					p.span(p.span(ctx, "request"), "child")
				}
				var sums [2]estimate
				for k, name := range []string{"request", "child"} {
					for range n {
						sums[k].ended(0.01)
					}
					for _, w := range p.kept[0][name] {
						if !w.known || math.Abs(w.weight-100) > 0.1 {
							t.Fatalf("%s stands for %v, known %v", name, w.weight, w.known)
						}
						sums[k].exported(w.weight)
					}
					sums[k].check(t, name)
				}
			})
		}
	}
}

// Behind an edge, also spans that name one of ours below a remote parent begin anew.
func TestEdgeBelowAnEnteredSpanOfOurs(t *testing.T) {
	t.Parallel()
	p := newProcess(policy(t, sampler.Config{Rate: 0.5, Propagate: true, Error: true}))
	ctx, span := p.tracer.Start(arrived(t, high(), trace.FlagsSampled, "ot=th:c"), "entered")
	defer span.End()
	p.head.SwapWire(sampler.Wire{Edge: sampler.EdgeRestart}, p.policies...)
	back := trace.ContextWithRemoteSpanContext(t.Context(), trace.SpanContextFromContext(ctx))
	for range 100 {
		p.span(back, "back")
	}
	all := p.kept[0]["back"]
	if len(all) < 20 || len(all) > 80 {
		t.Errorf("%d of 100 are kept, want half", len(all))
	}
	for _, w := range all {
		if w.origin != decision.Local || w.weight != 2 {
			t.Errorf("%+v, want local and of weight 2", w)
		}
	}
}

// What an edge restarts is no own hop, though the caller names a span of ours: response headers
// hand out our ids.
func TestEdgeComesBeforeOwnHops(t *testing.T) {
	t.Parallel()
	p := newProcess(policy(t, sampler.Config{Rate: 0.5, Propagate: true}))
	id := high()
	root := trace.ContextWithSpanContext(t.Context(), spanContext(id, trace.SpanID{}, 0, trace.TraceState{}))
	ctx, span := p.tracer.Start(root, "ours")
	defer span.End()
	p.head.SwapWire(sampler.Wire{Edge: sampler.EdgeIgnore}, p.policies...)
	back := trace.ContextWithRemoteSpanContext(t.Context(), trace.SpanContextFromContext(ctx))
	kept := 0
	for range 200 {
		_, s := p.tracer.Start(back, "back")
		if s.SpanContext().IsSampled() {
			kept++
		}
		s.End()
	}
	if kept < 50 || kept > 150 {
		t.Errorf("%d of 200 requests that name a sampled span of ours are sampled, want half", kept)
	}
}

// A stranger who knows the id of one of our spans, from the headers of a response, can't use it to
// be believed more.
func TestForgedHopsWeighLittle(t *testing.T) {
	t.Parallel()
	const rate = 0.01
	p := newProcess(policy(t, sampler.Config{Rate: rate, Propagate: true, Error: true}), policy(t, sampler.Config{Rate: 1, Propagate: true, FollowRoot: true}))
	root := trace.ContextWithSpanContext(t.Context(), spanContext(high(), trace.SpanID{}, 0, trace.TraceState{}))
	for _, ctx := range []context.Context{root, arrived(t, high(), trace.FlagsSampled, "ot=th:8"), arrived(t, high(), 0, "")} {
		ours, span := p.tracer.Start(ctx, "ours")
		known := trace.SpanContextFromContext(ours)
		for _, ts := range forgeries() {
			for _, flags := range []trace.TraceFlags{0, trace.FlagsSampled} {
				forged := spanContext(known.TraceID(), known.SpanID(), flags, state(t, ts))
				p.span(p.span(trace.ContextWithRemoteSpanContext(t.Context(), forged), "forged"), "forged")
			}
		}
		span.End()
	}
	for c := range p.kept {
		for _, w := range p.kept[c]["forged"] {
			st := decision.ReadState(w.state, high())
			if most := max(sampler.DefaultMaxWeight, 1.01/rate); w.weight > most || st.HasThreshold && st.Threshold.AdjustedCount() > most {
				t.Errorf("connection %d: a forged hop counts as %v, written %q", c, w.weight, w.state)
			}
		}
	}
	if len(p.kept[1]["forged"]) == 0 {
		t.Error("nothing was kept")
	}
}
