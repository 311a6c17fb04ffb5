package sampler_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/sampler"
)

// process is a process with the head's own provider and some connections. It remembers what each
// connection keeps.
type process struct {
	head     *sampler.Head
	tracer   trace.Tracer
	policies []*sampler.Policy

	mu   sync.Mutex
	kept []map[string][]weighted // by connection, then by name
}

// weighted is a kept span with what it stands for.
type weighted struct {
	state  trace.TraceState // of the exported copy
	weight float64
	known  bool
	origin decision.Origin
}

func newProcess(policies ...*sampler.Policy) *process {
	p := &process{head: sampler.NewHead(policies...), policies: policies, kept: make([]map[string][]weighted, len(policies))}
	for i := range p.kept {
		p.kept[i] = map[string][]weighted{}
	}
	p.tracer = p.head.NewTracerProvider(sdktrace.WithSpanProcessor(p)).Tracer("test")
	return p
}

func (p *process) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) { p.head.Started(ctx, s) }
func (*process) Shutdown(context.Context) error                          { return nil }
func (*process) ForceFlush(context.Context) error                        { return nil }

func (p *process) OnEnd(ended sdktrace.ReadOnlySpan) {
	s := decision.Read(ended)
	p.head.Ended(&s)
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, policy := range p.policies {
		v := policy.Decide(&s, 0)
		if s.Export || !v.Keep {
			continue
		}
		w := weighted{s.Context.TraceState(), v.Threshold.AdjustedCount(), v.Known, s.Origin}
		if v.Rewrite {
			w.state = v.State
		}
		p.kept[i][ended.Name()] = append(p.kept[i][ended.Name()], w)
	}
}

// span makes one span and returns its context.
func (p *process) span(ctx context.Context, name string) context.Context {
	ctx, s := p.tracer.Start(ctx, name)
	s.End()
	return ctx
}

// arrived returns the context of a request with such a parent.
func arrived(tb testing.TB, id trace.TraceID, flags trace.TraceFlags, tracestate string) context.Context {
	tb.Helper()
	return trace.ContextWithRemoteSpanContext(tb.Context(), spanContext(id, trace.SpanID{7: 1}, flags, state(tb, tracestate)))
}

// headers returns what a plain propagator sends.
func headers(ctx context.Context) propagation.MapCarrier {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier
}

// At any rate, flag and kind of parent, all 32 members of others arrive at the next process and
// in the exports, and none of ours does.
func TestMembersOfOthersLoseNoPlace(t *testing.T) {
	t.Parallel()
	members := make([]string, 32)
	for i := range members {
		members[i] = "v" + string(rune('a'+i%26)) + string(rune('a'+i/26)) + "=1"
	}
	full := strings.Join(members, ",")
	withTh := "ot=th:8," + strings.Join(members[:31], ",")
	for _, rate := range []float64{1, 0.5} {
		for _, flags := range []trace.TraceFlags{0, trace.FlagsSampled} {
			for _, ts := range []string{full, withTh} {
				p := newProcess(policy(t, sampler.Config{Rate: rate, Propagate: true, Error: true}))
				ctx, span := p.tracer.Start(arrived(t, high(), flags, ts), "server")
				inner, child := p.tracer.Start(ctx, "client")
				for _, ctx := range []context.Context{ctx, inner} {
					if got := headers(ctx)["tracestate"]; got != ts {
						t.Errorf("rate %v, flags %v: sent\n%s\nwant\n%s", rate, flags, got, ts)
					}
				}
				child.End()
				span.End()
				for name, all := range p.kept[0] {
					for _, w := range all {
						if strings.Contains(w.state.String(), "tracehook") {
							t.Errorf("%s is exported with %q", name, w.state)
						}
						if want := state(t, ts); rate == 1 && w.state.String() != want.String() {
							t.Errorf("%s is exported with\n%s\nwant\n%s", name, w.state, ts)
						}
					}
				}
			}
		}
	}
}

// A root's tracestate has th where it is above 0, and nothing else, unless it is asked for.
func TestWireWeights(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		weights sampler.Weights
		rate    float64
		want    string
	}{
		{sampler.WeightsAuto, 1, ""},
		{sampler.WeightsAuto, 0.5, "ot=th:8"},
		{sampler.WeightsAlways, 1, "ot=th:0"},
		{sampler.WeightsAlways, 0.5, "ot=th:8"},
		{sampler.WeightsNever, 0.5, ""},
	} {
		p := policy(t, sampler.Config{Rate: tc.rate, Propagate: true, Error: true})
		head := sampler.NewWiredHead(sampler.Wire{Weights: tc.weights}, p)
		r, s := pass{id: high()}.start(t, head)
		if got := r.Tracestate.String(); got != tc.want {
			t.Errorf("%v at %v: the wire has %q, want %q", tc.weights, tc.rate, got, tc.want)
		}
		if v := p.Decide(s, 0); !v.Known || v.Threshold != decision.FromProbability(tc.rate) {
			t.Errorf("%v at %v: %+v, want the weight known", tc.weights, tc.rate, v)
		}
		r, _ = pass{id: low(), failed: true}.start(t, head)
		if got := r.Tracestate.Get("ot"); tc.rate < 1 && got != "" {
			t.Errorf("%v at %v: an unsampled span has %q", tc.weights, tc.rate, got)
		}
	}
}

// What is written into the exported copy doesn't depend on what the wire has.
func TestExportedWeights(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		weights        sampler.Weights
		rate           float64
		parent         string
		rootOT, belows string
	}{
		{sampler.WeightsAuto, 1, "ot=th:0", "", ""},
		{sampler.WeightsAlways, 1, "ot=th:0", "th:0", "th:0"},
		{sampler.WeightsNever, 1, "ot=th:0", "", ""},
		{sampler.WeightsAuto, 0.5, "ot=th:4", "th:8", "th:8"},
		{sampler.WeightsAlways, 0.5, "ot=th:4", "th:8", "th:8"},
		{sampler.WeightsNever, 0.5, "ot=th:4;x:y", "", "x:y"},
		{sampler.WeightsAuto, 1, "v=1,ot=th:c", "", "th:c"},
		{sampler.WeightsAuto, 0.5, "", "th:8", "th:8"},
	} {
		for _, wire := range []sampler.Weights{sampler.WeightsAuto, sampler.WeightsAlways, sampler.WeightsNever} {
			p := policy(t, sampler.Config{Rate: tc.rate, Propagate: true, Weights: tc.weights})
			head := sampler.NewWiredHead(sampler.Wire{Weights: wire}, p)
			_, s := pass{id: high()}.start(t, head)
			if v := p.Decide(s, 0); ot(s, v) != tc.rootOT || !v.Known {
				t.Errorf("weights %v at %v, wire %v: a root is exported with %q, want %q", tc.weights, tc.rate, wire, ot(s, v), tc.rootOT)
			}
			r, s := pass{id: high(), remote: true, sampled: true, parent: tc.parent}.start(t, head)
			if v := p.Decide(s, 0); ot(s, v) != tc.belows || !v.Known {
				t.Errorf("weights %v at %v, wire %v: below %q exported with %q, want %q", tc.weights, tc.rate, wire, tc.parent, ot(s, v), tc.belows)
			}
			if r.Tracestate.String() != state(t, tc.parent).String() {
				t.Errorf("below %q the wire has %q", tc.parent, r.Tracestate)
			}
		}
	}
}
