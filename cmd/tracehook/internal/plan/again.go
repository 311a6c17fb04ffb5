package plan

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/tracehook/tracehook/cmd/tracehook/internal/wire"
)

// start begins a span anew, below the one that it was below.
func (p *replay) start(at int32) {
	s := &p.spans[at]
	if p.contexts[s.key] != nil {
		return // its child has started first
	}
	ctx := p.above(s)
	p.current = at
	scope := s.scope.GetScope()
	tracer := p.bridges[s.process.number].TracerProvider().Tracer(scope.GetName(),
		trace.WithInstrumentationVersion(scope.GetVersion()), trace.WithSchemaURL(s.scope.GetSchemaUrl()))
	opts := []trace.SpanStartOption{
		trace.WithTimestamp(moment(s.GetStartTimeUnixNano())), trace.WithSpanKind(trace.SpanKind(s.GetKind())),
		trace.WithAttributes(wire.Attributes(s.GetAttributes())...),
	}
	for _, l := range s.GetLinks() {
		opts = append(opts, trace.WithLinks(linkOf(l)))
	}
	p.contexts[s.key], p.open[at] = tracer.Start(ctx, s.GetName(), opts...) //nolint:fatcontext,spancheck // as it was recorded; end ends it
}

// above returns the context that a span started in.
func (p *replay) above(s *span) context.Context {
	ctx := context.Background()
	if !s.parent.IsValid() {
		return ctx
	}
	parent := key{s.trace, s.parent}
	number, recorded := p.index[parent]
	if recorded && !p.starting[parent] && p.spans[number].GetStartTimeUnixNano() <= s.GetStartTimeUnixNano() {
		p.starting[s.key] = true // ids of others may go in a circle
		p.start(int32(number))   // at the same moment
		delete(p.starting, s.key)
	}
	switch above := p.contexts[parent]; {
	case above != nil && !s.remote:
		return above
	case above != nil: // the other process runs under the configuration as well
		return trace.ContextWithRemoteSpanContext(ctx, trace.SpanContextFromContext(above))
	case !s.remote:
		return ctx // its parent is missing: it stands for it
	}
	state, err := trace.ParseTraceState(p.entered(s))
	if err != nil {
		state = trace.TraceState{}
	}
	flags := trace.FlagsSampled
	if s.GetFlags()&flagKnown != 0 && s.GetFlags()&1 == 0 { // of a recording, none
		flags = 0
	}
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: s.trace, SpanID: s.parent, TraceFlags: flags, TraceState: state, Remote: true,
	}))
}

// end ends a span as it ended.
func (p *replay) end(at int32) {
	s, live := &p.spans[at], p.open[at]
	if live == nil {
		return
	}
	delete(p.open, at)
	p.current = at
	for _, e := range s.GetEvents() {
		live.AddEvent(e.GetName(), trace.WithTimestamp(moment(e.GetTimeUnixNano())), trace.WithAttributes(wire.Attributes(e.GetAttributes())...))
	}
	switch s.GetStatus().GetCode() {
	case tracepb.Status_STATUS_CODE_ERROR:
		live.SetStatus(codes.Error, s.GetStatus().GetMessage())
	case tracepb.Status_STATUS_CODE_OK:
		live.SetStatus(codes.Ok, "")
	case tracepb.Status_STATUS_CODE_UNSET:
	}
	live.End(trace.WithTimestamp(moment(max(s.GetStartTimeUnixNano(), s.GetEndTimeUnixNano()))))
}

// entered returns the tracestate with which a trace has entered its process. A span that was recorded
// because it is an error doesn't say it any more, but a span below it does.
func (p *replay) entered(s *span) string {
	if own := s.GetTraceState(); own != "" || !s.failed() {
		return own
	}
	if at, ok := p.below[s.key]; ok {
		return p.spans[at].GetTraceState()
	}
	return ""
}

func linkOf(l *tracepb.Span_Link) trace.Link {
	c := trace.SpanContextConfig{TraceFlags: trace.TraceFlags(l.GetFlags())}
	copy(c.TraceID[:], l.GetTraceId())
	copy(c.SpanID[:], l.GetSpanId())
	if state, err := trace.ParseTraceState(l.GetTraceState()); err == nil {
		c.TraceState = state
	}
	return trace.Link{SpanContext: trace.NewSpanContext(c), Attributes: wire.Attributes(l.GetAttributes())}
}

func moment(nano uint64) time.Time { return time.Unix(0, int64(nano)) }
