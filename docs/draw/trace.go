package main

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/sampler"
)

// step is one span of the trace that everything is explained on.
type step struct {
	name       string
	depth      int
	start, end time.Duration
	attrs      []attribute.KeyValue
	failed     bool
}

func theTrace() []step {
	const ms = time.Millisecond
	return []step{
		{name: "http:order.create", start: 0, end: 240 * ms},
		{name: "service:order.create", depth: 1, start: 10 * ms, end: 225 * ms},
		{name: "service:user.load", depth: 2, start: 15 * ms, end: 55 * ms, attrs: []attribute.KeyValue{attribute.Bool("vip", true)}},
		{name: "service:stock.reserve", depth: 2, start: 60 * ms, end: 100 * ms, failed: true},
		{name: "db:insert", depth: 2, start: 105 * ms, end: 220 * ms},
		{name: "event:order.created", depth: 1, start: 228 * ms, end: 236 * ms},
	}
}

// theID is the trace's; its randomness is a little above 3/4, so that 30 % keeps it and 20 % doesn't.
func theID() trace.TraceID {
	return trace.TraceID{0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xc1, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36}
}

func theRandomness() decision.Randomness {
	id := theID()
	return decision.RandomnessOf(id[:])
}

// ids gives the trace its id, and counts spans.
type ids struct{ n byte }

func (g *ids) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	return theID(), g.NewSpanID(ctx, theID())
}

func (g *ids) NewSpanID(context.Context, trace.TraceID) trace.SpanID {
	g.n++
	return trace.SpanID{g.n}
}

// asker is a span processor that asks every policy about each span.
type asker struct {
	head     *sampler.Head
	policies []*sampler.Policy
	verdicts map[string][]decision.Verdict
}

func (*asker) Shutdown(context.Context) error   { return nil }
func (*asker) ForceFlush(context.Context) error { return nil }

func (a *asker) OnStart(ctx context.Context, span sdktrace.ReadWriteSpan) { a.head.Started(ctx, span) }

func (a *asker) OnEnd(span sdktrace.ReadOnlySpan) {
	s := decision.Read(span)
	a.head.Ended(&s)
	for _, p := range a.policies {
		a.verdicts[span.Name()] = append(a.verdicts[span.Name()], p.Decide(&s, 0))
	}
}

// connections are the ones of docs/sampling.md.
func connections() []sampler.Config {
	return []sampler.Config{
		{Connection: "console", Rate: 1, Error: true},
		{Connection: "greptime", Rate: 0.2, Error: true, Slow: 230 * time.Millisecond, Propagate: true, Rules: []sampler.Rule{
			{Name: "http:*", Sample: 0.1},
			{Name: "service:*", Sample: 0.3},
			{Name: "service:user.*", Sample: 1, Attrs: map[string][]string{"vip": {"true"}}},
		}},
		{Connection: "archive", Rate: 0.3, Propagate: true},
		{Connection: "alerts", Error: true},
	}
}

// runTrace makes the spans with the SDK and returns what each connection decided.
func runTrace(configs []sampler.Config, remote trace.SpanContext) (map[string][]decision.Verdict, error) {
	a := &asker{verdicts: map[string][]decision.Verdict{}}
	for _, c := range configs {
		p, err := sampler.NewPolicy(c)
		if err != nil {
			return nil, fmt.Errorf("connection %q: %w", c.Connection, err)
		}
		a.policies = append(a.policies, p)
	}
	a.head = sampler.NewHead(a.policies...)
	tracer := a.head.NewTracerProvider(sdktrace.WithSpanProcessor(a), sdktrace.WithIDGenerator(&ids{})).Tracer("draw")
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	parents := []context.Context{trace.ContextWithRemoteSpanContext(context.Background(), remote)}
	for _, st := range theTrace() {
		ctx, span := tracer.Start(parents[st.depth], st.name, trace.WithTimestamp(begin.Add(st.start)), trace.WithAttributes(st.attrs...))
		if st.failed {
			span.SetStatus(codes.Error, "out of stock")
		}
		span.End(trace.WithTimestamp(begin.Add(st.end)))
		parents = append(parents[:st.depth+1], ctx)
	}
	return a.verdicts, nil
}

// drawTrace shows the trace, and what each connection keeps of it.
func drawTrace() (string, error) {
	verdicts, err := runTrace(connections(), trace.SpanContext{})
	if err != nil {
		return "", err
	}
	steps := theTrace()
	const left, bar, top, row, column = 16.0, 300.0, 62.0, 34.0, 118.0
	s := &svg{width: int(left + bar + 40 + 4*column), height: int(top + row*float64(len(steps)) + 44)}
	total := float64(steps[0].end)
	s.bold(left, 24, "one trace, R = "+theRandomness().String())
	for i, c := range connections() {
		x := left + bar + 40 + float64(i)*column
		s.bold(x, 24, c.Connection)
		s.text(x, 42, faint, "start", []string{"rate 1", "rules, slow", "0.3, no errors", "errors only"}[i])
	}
	for i, st := range steps {
		y := top + float64(i)*row
		color := blue
		if st.failed {
			color = red
		}
		s.rect(left+bar*float64(st.start)/total, y+16, bar*float64(st.end-st.start)/total, 8, color)
		label := st.name
		if len(st.attrs) > 0 {
			label += " (vip)"
		}
		if st.failed {
			label += " (error)"
		}
		s.text(left+float64(st.depth)*14, y+11, ink, "start", label)
		for c, v := range verdicts[st.name] {
			x := left + bar + 40 + float64(c)*column
			if v.Keep {
				s.text(x, y+20, green, "start", fmt.Sprintf("● %v × %.3g", v.Reason, v.Threshold.AdjustedCount()))
			} else {
				s.text(x, y+20, faint, "start", "–")
			}
		}
	}
	s.text(left, float64(s.height)-14, faint, "start", "● kept, why, and how many spans it stands for: 3.33 is written th:b333, 1 is not written. – not kept.")
	return s.whole("One trace of six spans and what four connections keep of it"), nil
}
