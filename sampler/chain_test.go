package sampler_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/sampler"
)

// service is one process of a chain: a real provider and, for ours, the policies of its
// connections.
type service struct {
	name     string
	head     *sampler.Head // nil for the plain SDK
	tracer   trace.Tracer
	policies []*sampler.Policy
	byLevel  [][3]estimate // of each connection
	failures float64
	tb       testing.TB
}

func newService(tb testing.TB, name string, head sdktrace.Sampler, ids ids, policies ...*sampler.Policy) *service {
	tb.Helper()
	s := &service{name: name, tb: tb, policies: policies, byLevel: make([][3]estimate, max(len(policies), 1))}
	opts := []sdktrace.TracerProviderOption{sdktrace.WithIDGenerator(generator{ids}), sdktrace.WithSpanProcessor(s)}
	if ours, ok := head.(*sampler.Head); ok {
		s.head = ours
		s.tracer = ours.NewTracerProvider(opts...).Tracer("chain")
	} else {
		s.tracer = sdktrace.NewTracerProvider(append(opts, sdktrace.WithSampler(head))...).Tracer("chain")
	}
	return s
}

type generator struct{ ids }

func (g generator) NewIDs(context.Context) (trace.TraceID, trace.SpanID) {
	return g.trace(), g.span()
}
func (g generator) NewSpanID(context.Context, trace.TraceID) trace.SpanID { return g.span() }

func (*service) Shutdown(context.Context) error   { return nil }
func (*service) ForceFlush(context.Context) error { return nil }

func (s *service) OnStart(ctx context.Context, span sdktrace.ReadWriteSpan) {
	if s.head != nil {
		s.head.Started(ctx, span)
	}
}

func (s *service) OnEnd(span sdktrace.ReadOnlySpan) {
	read := decision.Read(span)
	if s.head != nil {
		s.head.Ended(&read)
	}
	level := strings.Count(span.Name(), "/")
	if s.policies == nil { // the plain SDK: what it exports carries the th that it was given
		if read.Context.IsSampled() {
			if read.State.CarriesThreshold != read.State.HasThreshold {
				s.tb.Fatalf("%s exports a span with an unusable th: %q", s.name, read.Context.TraceState())
			}
			s.byLevel[0][level].exported(read.State.Threshold.AdjustedCount()) // without th it counts as one
		}
		return
	}
	for c, p := range s.policies {
		v := p.Decide(&read, 0)
		if read.Error && v.Keep != (v.Reason == decision.ByError) {
			s.tb.Fatalf("%s, connection %d: an error was decided by %v", s.name, c, v.Reason)
		}
		if v.Keep {
			weight, known := weigh(s.tb, &read, v)
			if !known {
				s.tb.Fatalf("%s, connection %d: weight unknown", s.name, c)
			}
			s.byLevel[c][level].exported(weight)
		}
	}
}

// run makes three spans, each below the other, and calls next from the innermost. Spans are
// renamed after their start, as otelhttp does.
func (s *service) run(ctx context.Context, random ids, next func(context.Context)) {
	var open []trace.Span
	for level := range 3 {
		var span trace.Span
		ctx, span = s.tracer.Start(ctx, "HTTP GET") //nolint:fatcontext // nested is what it is to be
		span.SetName(s.name + strings.Repeat("/x", level))
		if s.failures > 0 && random.Float64() < s.failures {
			span.SetStatus(codes.Error, "failed")
		}
		open = append(open, span)
	}
	if next != nil {
		next(ctx)
	}
	for _, span := range open {
		span.End()
	}
}

// call hands the trace over as HTTP does: as text.
func call(ctx context.Context) context.Context {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return propagation.TraceContext{}.Extract(context.Background(), carrier)
}

// Three services: ours at 0.2, the plain SDK that follows its parent, ours again with mixed
// rules. Each exports, at each of three levels, what stands for all spans that have ended there.
func TestChainOfServicesIsUnbiased(t *testing.T) {
	t.Parallel()
	const n = 60_000 / scale
	ids := newIDs(5)
	edgePolicies := []*sampler.Policy{
		policy(t, sampler.Config{Rate: 0.2, Error: true, Propagate: true}),
		policy(t, sampler.Config{Rate: 1, Error: true}), // a console: no vote
	}
	edge := newService(t, "edge", sampler.NewHead(edgePolicies...), ids, edgePolicies...)
	middle := newService(t, "middle", sdktrace.ParentBased(sdktrace.AlwaysSample()), ids)
	lastPolicies := []*sampler.Policy{
		policy(t, sampler.Config{Rate: 1, Error: true, Propagate: true, Rules: []sampler.Rule{
			{Name: "last/x*", Sample: 0.05}, {Name: "last/x/x", Sample: 0.5}, {Name: "HTTP *", Sample: 0.001},
		}}),
		policy(t, sampler.Config{Rate: 0.02, Error: true, Propagate: true}),
		policy(t, sampler.Config{Rate: 0.1, Error: true, Key: sampler.BySpanID}),
		policy(t, sampler.Config{Rate: 0.5, Error: true, Key: sampler.ByTraceSpan}),
		policy(t, sampler.Config{Rate: 0.3, Error: true, IgnoreParent: true}),
	}
	last := newService(t, "last", sampler.NewHead(lastPolicies...), ids, lastPolicies...)
	last.failures, edge.failures = 0.05, 0.05
	for range n {
		edge.run(t.Context(), ids, func(ctx context.Context) {
			middle.run(call(ctx), ids, func(ctx context.Context) { last.run(call(ctx), ids, nil) })
		})
	}
	expect := map[*service][][3]float64{
		edge:   {{0.2, 0.2, 0.2}, {1, 1, 1}},
		middle: {{0.2, 0.2, 0.2}},
		last:   {{0.2, 0.05, 0.2}, {0.02, 0.02, 0.02}, {0.1, 0.1, 0.1}, {0.2, 0.2, 0.2}, {0.3, 0.3, 0.3}},
	}
	for _, s := range []*service{edge, middle, last} {
		for c, levels := range expect[s] {
			for level, p := range levels {
				e := &s.byLevel[c][level]
				e.truth = n
				e.variance = n * (1 - s.failures) * (1/p - 1)
				e.check(t, fmt.Sprintf("%s, connection %d, level %d", s.name, c, level))
			}
		}
	}
}

// The same chain with one rate throughout: at 1 no th is written anywhere, and nothing is lost.
func TestChainOfOneRateIsUnbiased(t *testing.T) {
	t.Parallel()
	const n = 20_000 / scale
	for _, rate := range []float64{1, 0.5, 0.1} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			t.Parallel()
			ids := newIDs(uint64(rate * 100))
			ours := func(name string) *service {
				p := policy(t, sampler.Config{Rate: rate, Propagate: true})
				return newService(t, name, sampler.NewHead(p), ids, p)
			}
			services := []*service{
				ours("first"), newService(t, "plain", sdktrace.ParentBased(sdktrace.AlwaysSample()), ids),
				ours("second"), newService(t, "plain again", sdktrace.ParentBased(sdktrace.AlwaysSample()), ids), ours("third"),
			}
			var run func(ctx context.Context, rest []*service)
			run = func(ctx context.Context, rest []*service) {
				if rate == 1 && trace.SpanContextFromContext(ctx).TraceState().Len() > 0 {
					t.Fatalf("a tracestate at rate 1: %q", trace.SpanContextFromContext(ctx).TraceState())
				}
				if len(rest) > 0 {
					rest[0].run(ctx, ids, func(ctx context.Context) { run(call(ctx), rest[1:]) })
				}
			}
			for range n {
				run(t.Context(), services)
			}
			for _, s := range services {
				for level := range s.byLevel[0] {
					e := &s.byLevel[0][level]
					e.truth, e.variance = n, n*(1/rate-1)
					e.check(t, fmt.Sprintf("%s, level %d", s.name, level))
				}
			}
		})
	}
}

// What the plain SDK passes on is what the edge wrote, and other vendors' members survive.
func TestChainKeepsForeignMembers(t *testing.T) {
	t.Parallel()
	ids := newIDs(6)
	p := policy(t, sampler.Config{Rate: 0.5, Propagate: true, Error: true})
	first := newService(t, "first", sampler.NewHead(p), ids, p)
	for range 100 {
		remote := spanContext(ids.trace(), ids.span(), trace.FlagsSampled, state(t, "ot=th:0;x:y,vendor=1,other=2"))
		ctx, span := first.tracer.Start(trace.ContextWithRemoteSpanContext(t.Context(), remote), "work")
		_, child := first.tracer.Start(ctx, "work")
		child.End()
		span.End()
		for _, sc := range []trace.SpanContext{span.SpanContext(), child.SpanContext()} {
			ts := sc.TraceState()
			if !sc.IsSampled() || ts.Get("vendor") != "1" || ts.Get("other") != "2" || ts.Get("ot") != "th:0;x:y" {
				t.Fatalf("a sampled parent's %q became %q, sampled %v", remote.TraceState(), ts, sc.IsSampled())
			}
		}
	}
}
