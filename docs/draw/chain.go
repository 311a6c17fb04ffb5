package main

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/sampler"
)

// hop is what one service does with a trace, and what it passes on.
type hop struct {
	title   string
	out     trace.SpanContext
	verdict string
	good    bool
}

// drawChain shows two traces on their way through three services.
func drawChain() (string, error) {
	s := &svg{width: 900, height: 330}
	const left, width, gap = 16.0, 208.0, 122.0
	for i, words := range []string{"edge: tracehook, rate 0.2", "middle: OTel SDK, ParentBased", "last: tracehook, rate 0.05"} {
		s.bold(left+float64(i)*(width+gap), 24, words)
	}
	for i, r := range []uint64{0xd0000000000000, 0xfa000000000000, 0x60000000000000} {
		hops, err := follow(r)
		if err != nil {
			return "", err
		}
		y := 44 + float64(i)*92
		for j, h := range hops {
			x := left + float64(j)*(width+gap)
			s.frame(x, y, width, 62, faint)
			color := faint
			if h.good {
				color = green
			}
			s.text(x+10, y+24, ink, "start", h.title)
			s.text(x+10, y+46, color, "start", h.verdict)
			if j < 2 {
				s.arrow(x+width+4, x+width+gap-4, y+36)
				flag, th := "00", h.out.TraceState().Get("ot")
				if h.out.IsSampled() {
					flag = "01"
				}
				s.text(x+width+gap/2, y+28, ink, "middle", "flags "+flag)
				s.text(x+width+gap/2, y+52, ink, "middle", th)
			}
		}
	}
	s.text(left, 322, faint, "start", "Errors and slow spans aside: those are kept by the first and the last service in all three traces.")
	return s.whole("Three traces on their way through three services"), nil
}

func follow(r uint64) ([]hop, error) {
	var id trace.TraceID
	id[0] = 1
	for i := range 7 {
		id[15-i] = byte(r >> (8 * i))
	}
	ctx := context.Background()
	var hops []hop
	for i, rate := range []float64{0.2, 0, 0.05} {
		h := hop{title: fmt.Sprintf("R = %.2f of 2^56", float64(r)/float64(decision.Never))}
		params := sdktrace.SamplingParameters{ParentContext: ctx, TraceID: id, Name: "work"}
		var verdict decision.Verdict
		var result sdktrace.SamplingResult
		if i == 1 {
			result = sdktrace.ParentBased(sdktrace.AlwaysSample()).ShouldSample(params)
			h.verdict, h.good = "not sampled", false
			if result.Decision == sdktrace.RecordAndSample {
				st := decision.ReadState(result.Tracestate, id)
				h.verdict, h.good = fmt.Sprintf("exported, counts %.3g", st.Threshold.AdjustedCount()), true
			}
			h.out = contextOf(id, result)
		} else {
			p, err := sampler.NewPolicy(sampler.Config{Rate: rate, Error: true, Propagate: true})
			if err != nil {
				return nil, fmt.Errorf("service %d: %w", i, err)
			}
			head := sampler.NewHead(p)
			result = head.ShouldSample(params)
			h.out = contextOf(id, result)
			st := decision.ReadState(h.out.TraceState(), id)
			span := decision.Span{Ended: named{}, Context: h.out, State: st}
			head.Ended(&span)
			verdict = p.Decide(&span, 0)
			h.verdict = "recorded, not exported"
			if verdict.Keep {
				h.verdict, h.good = fmt.Sprintf("exported, counts %.3g", verdict.Threshold.AdjustedCount()), true
			}
		}
		hops = append(hops, h)
		ctx = trace.ContextWithRemoteSpanContext(context.Background(), h.out) //nolint:fatcontext // not nested: each hop has the one before
	}
	return hops, nil
}

// named is a span without anything but a name.
type named struct{ sdktrace.ReadOnlySpan }

func (named) Name() string                     { return "work" }
func (named) SpanKind() trace.SpanKind         { return trace.SpanKindInternal }
func (named) Attributes() []attribute.KeyValue { return nil }
func (named) Resource() *resource.Resource     { return nil }

func contextOf(id trace.TraceID, r sdktrace.SamplingResult) trace.SpanContext {
	c := trace.SpanContextConfig{TraceID: id, SpanID: trace.SpanID{1}, TraceState: r.Tracestate}
	if r.Decision == sdktrace.RecordAndSample {
		c.TraceFlags = trace.FlagsSampled
	}
	return trace.NewSpanContext(c)
}
