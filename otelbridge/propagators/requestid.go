package propagators

import (
	"cmp"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/w3c"
)

// RequestID carries the ids in one header as decimal numbers of 63 bits, "traceId:spanId": what
// SpirentOrion/trace does with X-Request-Id. Ids of 63 bits are the lower bits of OpenTelemetry's; an
// [IDGenerator] makes ids that lose nothing on the way. It carries neither the sampled flag nor the
// trace state. A caller that sends it counts as sampled, so that the rates of this service decide.
type RequestID struct {
	// Header is the name of the header; "" is X-Request-Id.
	Header string
	// Honor continues the trace that a request names. Without it, Extract does nothing: many proxies
	// send an X-Request-Id that means something else.
	Honor bool
}

const low63 = 1<<63 - 1

func (r RequestID) name() string { return cmp.Or(r.Header, "X-Request-Id") }

// Inject sets the header to the span of ctx. It does nothing for ids whose lower 63 bits are 0, which
// the format can't carry.
func (r RequestID) Inject(ctx context.Context, carrier propagation.TextMapCarrier) {
	traceID, spanID, ok := decimal(ctx)
	if ok {
		carrier.Set(r.name(), traceID+":"+spanID)
	}
}

// Respond sets the header of a response, which has the trace id alone.
func (r RequestID) Respond(ctx context.Context, carrier propagation.TextMapCarrier) {
	if traceID, _, ok := decimal(ctx); ok {
		carrier.Set(r.name(), traceID)
	}
}

func decimal(ctx context.Context) (traceID, spanID string, ok bool) {
	sc := trace.SpanContextFromContext(ctx)
	t, s := sc.TraceID(), sc.SpanID()
	hi, lo := binary.BigEndian.Uint64(t[8:])&low63, binary.BigEndian.Uint64(s[:])&low63
	if !sc.IsValid() || hi == 0 || lo == 0 {
		return "", "", false
	}
	return strconv.FormatUint(hi, 10), strconv.FormatUint(lo, 10), true
}

// Extract returns ctx with the remote span context of carrier, if r honors it and both numbers are
// above 0 and have at most 63 bits.
func (r RequestID) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	if !r.Honor {
		return ctx
	}
	text, ok := w3c.Single(carrier, r.name())
	if !ok {
		return ctx
	}
	first, second, found := strings.Cut(text, ":")
	t, okTrace := number(first)
	s, okSpan := number(second)
	if !found || !okTrace || !okSpan {
		return ctx
	}
	c := trace.SpanContextConfig{TraceFlags: trace.FlagsSampled, Remote: true}
	binary.BigEndian.PutUint64(c.TraceID[8:], t)
	binary.BigEndian.PutUint64(c.SpanID[:], s)
	return trace.ContextWithSpanContext(ctx, trace.NewSpanContext(c))
}

// number reads a decimal number from 1 to 2^63-1, without a sign.
func number(s string) (uint64, bool) {
	if s == "" || len(s) > 19 || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 63)
	return n, err == nil && n > 0
}

// Fields returns the name of the header.
func (r RequestID) Fields() []string { return []string{r.name()} }

// IDGenerator makes random ids of 63 bits, which [RequestID] carries whole. It implements the
// IDGenerator of the SDK's package trace. The lower 56 bits of the trace id, by which samplers decide,
// are as random as in any other.
type IDGenerator struct{}

// NewIDs returns a new trace id and a new span id.
func (g IDGenerator) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	var t trace.TraceID
	binary.BigEndian.PutUint64(t[8:], random())
	return t, g.NewSpanID(ctx, t)
}

// NewSpanID returns a new span id.
func (IDGenerator) NewSpanID(context.Context, trace.TraceID) trace.SpanID {
	var s trace.SpanID
	binary.BigEndian.PutUint64(s[:], random())
	return s
}

func random() uint64 {
	for {
		if n := rand.Uint64() & low63; n != 0 {
			return n
		}
	}
}
