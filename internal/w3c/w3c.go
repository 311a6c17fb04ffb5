// Package w3c reads and writes W3C trace context as OpenTelemetry's own propagator does, and deals with
// what that doesn't: several lines of a header, equal keys, and the length of a tracestate.
package w3c

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// The names of the headers.
const (
	traceparent = "traceparent"
	tracestate  = "tracestate"
)

// TraceContext is [propagation.TraceContext] for requests whose headers have several lines: it joins
// all lines of tracestate, as the specification says, keeps the first of members with equal keys, and
// refuses a request with more than one traceparent. Other carriers than those that implement
// [propagation.ValuesGetter] have one line only. It writes at most 512 characters of tracestate: see
// [Text].
type TraceContext struct{ propagation.TraceContext }

// Inject writes the span of ctx, if it has one.
func (t TraceContext) Inject(ctx context.Context, carrier propagation.TextMapCarrier) {
	sc := trace.SpanContextFromContext(ctx)
	if ts := sc.TraceState(); ts.Len() > 0 {
		if short, cut := bounded(ts); cut {
			ctx = trace.ContextWithSpanContext(ctx, sc.WithTraceState(short))
		}
	}
	t.TraceContext.Inject(ctx, carrier)
}

// Extract returns ctx with the remote span context of carrier, or ctx if there is none.
func (t TraceContext) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	parent, ok := Single(carrier, traceparent)
	if !ok {
		return ctx
	}
	return t.TraceContext.Extract(ctx, lines{parent, members(ValuesOf(carrier, tracestate))})
}

// lines is a carrier of the two headers.
type lines struct{ traceparent, tracestate string }

func (l lines) Get(key string) string {
	switch key {
	case traceparent:
		return l.traceparent
	case tracestate:
		return l.tracestate
	}
	return ""
}

func (lines) Set(string, string) {}

func (lines) Keys() []string { return []string{traceparent, tracestate} }

// ValuesOf returns all lines of a header.
func ValuesOf(carrier propagation.TextMapCarrier, key string) []string {
	if getter, ok := carrier.(propagation.ValuesGetter); ok {
		return getter.Values(key)
	}
	if v := carrier.Get(key); v != "" {
		return []string{v}
	}
	return nil
}

// Single returns the value of a header that may have one line only.
func Single(carrier propagation.TextMapCarrier, key string) (value string, ok bool) {
	if values := ValuesOf(carrier, key); len(values) == 1 {
		return strings.Trim(values[0], " \t"), true
	}
	return "", false
}
