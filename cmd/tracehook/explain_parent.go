package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/tracehook/tracehook/cmd/tracehook/internal/plan"
	"github.com/tracehook/tracehook/internal/vocab"
	"github.com/tracehook/tracehook/otelbridge"
)

// recording is the span as if it had been recorded, below its parent; nil without one.
func (a *asked) recording() (*plan.Recording, error) {
	if a.parent == "" {
		if a.state != "" || a.failed || a.duration != 0 {
			return nil, usage("--tracestate, --error and --duration are about one span of one trace: they need --parent; without it, the answer says what errors and slow spans get")
		}
		return nil, nil
	}
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": a.parent, "tracestate": a.state})
	parent := trace.SpanContextFromContext(ctx)
	if !parent.IsValid() {
		return nil, usage("--parent %.80q: want a traceparent, 00-TRACE-SPAN-FLAGS, with 32, 16 and 2 digits from 0 to 9 and a to f", a.parent)
	}
	if a.state != "" && parent.TraceState().Len() == 0 {
		return nil, usage("--tracestate %.80q: want members such as ot=th:8", a.state)
	}
	const known, remote = 0x100, 0x200
	id, traceID, begin := parent.SpanID(), parent.TraceID(), time.Now()
	kind := strings.ToLower(a.kind)
	span := &tracepb.Span{
		TraceId: traceID[:], ParentSpanId: id[:], SpanId: []byte{1, 2, 3, 4, 5, 6, 7, 8},
		Name: a.name, Kind: tracepb.Span_SpanKind(vocab.SpanKind(kind)), Flags: uint32(parent.TraceFlags()) | known | remote,
		TraceState: parent.TraceState().String(), StartTimeUnixNano: uint64(begin.UnixNano()),
		EndTimeUnixNano: uint64(begin.Add(a.duration).UnixNano()), Status: &tracepb.Status{},
	}
	if a.failed {
		span.Status.Code = tracepb.Status_STATUS_CODE_ERROR
	}
	set := func(key, value string) {
		span.Attributes = append(span.Attributes, &commonpb.KeyValue{
			Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}},
		})
	}
	for _, text := range a.attrs {
		key, value, _ := strings.Cut(text, "=")
		set(key, value)
	}
	if vocab.KnownKind(kind) {
		set(string(vocab.Kind), kind)
	}
	r := new(plan.Recording)
	return r, r.Add(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{span}}},
	}}}, true)
}

// below says what each connection does with the span below its parent; nil without one.
func (p *program) below(ctx context.Context, path string, a *asked, r *plan.Recording) ([]*plan.Connection, error) {
	if r == nil {
		return nil, nil
	}
	cfg, err := p.configuration(path, a.own, otelbridge.Check)
	if err != nil {
		return nil, err
	}
	result, err := plan.Run(ctx, r, cfg, a.own...)
	if err != nil {
		return nil, err
	}
	return result.Connections, nil
}

// inTrace is what becomes of the span in one trace.
type inTrace struct {
	Keep   bool    `json:"keep"`
	By     string  `json:"by"`
	Weight float64 `json:"weight,omitempty"`
}

func (p *program) tellExplanation(e otelbridge.Explanation, below []*plan.Connection, i int, asJSON bool) error {
	var in *inTrace
	if i < len(below) && len(below[i].Rules) > 0 {
		in = &inTrace{below[i].Kept > 0, below[i].Rules[0].Name, below[i].Estimate}
	}
	if asJSON {
		return json.NewEncoder(p.out).Encode(struct {
			otelbridge.Explanation
			In *inTrace `json:"below_parent,omitempty"`
		}{e, in})
	}
	_, err := fmt.Fprintln(p.out, e)
	if err != nil || in == nil {
		return err
	}
	if in.Keep {
		_, err = fmt.Fprintf(p.out, "  in this trace: kept, by %s; it stands for %.6g\n", in.By, in.Weight)
	} else {
		_, err = fmt.Fprintf(p.out, "  in this trace: left out, by %s\n", in.By)
	}
	return err
}
