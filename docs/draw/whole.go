package main

import (
	"context"
	"fmt"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/sampler"
)

// request is one of the three traces of the picture.
type request struct {
	title       string
	id          trace.TraceID
	failed, vip bool
}

func requests() []request {
	id := func(n, r byte) trace.TraceID { return trace.TraceID{n, 9: r, 15: n} }
	return []request{
		{title: "one of three in ten", id: id(1, 0xe0)},
		{title: "one that fails", id: id(2, 0x30), failed: true},
		{title: "one of a VIP", id: id(3, 0x60), vip: true},
	}
}

// wholeSteps are the spans of each, from the root down.
func wholeSteps() []string {
	return []string{"http:order", "service:user.load", "db.query", "db.commit"}
}

type wholeIDs struct {
	ids
	trace trace.TraceID
}

func (g *wholeIDs) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	return g.trace, g.NewSpanID(ctx, g.trace)
}

// runWhole returns the th of each span that a connection keeps, by its trace and name; "" is one.
func runWhole(whole bool) (map[trace.TraceID]map[string]string, error) {
	p, err := sampler.NewPolicy(sampler.Config{
		Connection: "c", Rate: 0.3, Error: true, Propagate: true, FollowRoot: whole,
		Rules: []sampler.Rule{{Name: "service:user.*", Sample: 1, Attrs: map[string][]string{"vip": {"true"}}}},
	})
	if err != nil {
		return nil, err
	}
	head, out, gen := sampler.NewHead(p), memory.New(), &wholeIDs{}
	f, err := processor.New(context.Background(), processor.Options{Notes: head}, processor.ConnectionConfig{
		Name: "c", Decider: p, WholeTraces: whole, Open: func(context.Context) (sdktrace.SpanExporter, error) { return out, nil },
	})
	if err != nil {
		return nil, err
	}
	tp := head.NewTracerProvider(sdktrace.WithSpanProcessor(f), sdktrace.WithIDGenerator(gen))
	for _, r := range requests() {
		gen.trace = r.id
		ctx := context.Background()
		var open []trace.Span
		for i, name := range wholeSteps() {
			var s trace.Span
			ctx, s = tp.Tracer("draw").Start(ctx, name) //nolint:fatcontext // ended below
			if i == 1 && r.vip {
				s.SetAttributes(attribute.Bool("vip", true))
			}
			open = append(open, s)
		}
		if r.failed {
			open[3].SetStatus(codes.Error, "")
		}
		for _, s := range slices.Backward(open) {
			s.End()
		}
	}
	if err := f.ForceFlush(context.Background()); err != nil {
		return nil, err
	}
	kept := map[trace.TraceID]map[string]string{}
	for _, s := range out.Spans() {
		sc := s.SpanContext()
		if kept[sc.TraceID()] == nil {
			kept[sc.TraceID()] = map[string]string{}
		}
		kept[sc.TraceID()][s.Name()] = sc.TraceState().Get("ot")
	}
	return kept, f.Shutdown(context.Background())
}

// drawWhole shows three traces as a connection of either scope keeps them.
func drawWhole() (string, error) {
	scopes := [2]map[trace.TraceID]map[string]string{}
	for i, whole := range []bool{false, true} {
		var err error
		if scopes[i], err = runWhole(whole); err != nil {
			return "", err
		}
	}
	const left, label, column, row, block = 16.0, 230.0, 190.0, 22.0, 132.0
	s := &svg{width: int(left + label + 2*column), height: int(36 + block*3)}
	s.bold(left+label, 24, `scope = "span"`)
	s.bold(left+label+column, 24, `scope = "trace"`)
	for n, r := range requests() {
		top := 36 + float64(n)*block
		s.line(left, top, left+label+2*column-16, top, shaded, "")
		s.bold(left, top+20, fmt.Sprintf("%s, R = %.2f", r.title, float64(decision.TraceRandomness(r.id))/float64(decision.Never)))
		for i, name := range wholeSteps() {
			y := top + 44 + float64(i)*row
			color, text := ink, name
			switch {
			case r.failed && i == 3:
				color, text = red, name+" (error)"
			case r.vip && i == 1:
				color, text = amber, name+" (vip)"
			}
			s.text(left+float64(i)*14, y, color, "start", text)
			for c, kept := range scopes {
				s.cell(left+label+float64(c)*column, y, kept[r.id], name)
			}
		}
	}
	return s.whole("Three traces as a connection of scope span and one of scope trace keep them: the first keeps the error alone, the second its whole trace"), nil
}

// cell shows what became of a span.
func (s *svg) cell(x, y float64, kept map[string]string, name string) {
	th, ok := kept[name]
	switch {
	case !ok:
		s.text(x, y, faint, "start", "left out")
	case th == "":
		s.rect(x, y-9, 60, 10, green)
		s.text(x+70, y, ink, "start", "counts 1")
	default:
		s.rect(x, y-9, 60, 10, green)
		t, _ := decision.ParseThreshold(th[len("th:"):])
		s.text(x+70, y, ink, "start", fmt.Sprintf("counts %.3g", t.AdjustedCount()))
	}
}
