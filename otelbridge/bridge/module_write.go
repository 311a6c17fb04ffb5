package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
)

// Write records a span that somebody else has made, as the framework's own trace.Write does. span is a
// struct with the fields of the framework's Span in either generation, or a pointer to one; its fields
// are known by their json tags. Ids that are none of W3C's are replaced by ones that are made of them, so
// that spans of one trace stay in one. Connections decide about it as about any span that has ended.
// Before Setup, after Close, and for values of other types it does nothing.
func (m *Module[M, S]) Write(span any) {
	b := m.Bridge()
	v := reflect.Indirect(reflect.ValueOf(span))
	if b == nil || v.Kind() != reflect.Struct {
		return
	}
	f := fieldsOf(v)
	end := f.time("time", time.Now())
	end = f.at(end, "end", "end_time_unix_nano", "end_ms")
	start := f.at(end, "start", "start_time_unix_nano", "start_ms")
	attrs, _ := f["attributes"].(map[string]any)
	attrs = maps.Clone(attrs)
	if attrs == nil {
		attrs = make(map[string]any)
	}
	for key, name := range map[string]string{"kind": "kind", "service_name": "service", "target": "target", "status": "status", "result": "result", "status_message": "result"} {
		if s, _ := f[key].(string); s != "" {
			attrs[name] = s
		}
	}
	if code, _ := f["code"].(int64); code != 0 {
		attrs["code"] = code
	}
	ids := writtenIDs{traceIDOf(f["trace_id"]), spanIDOf(f["span_id"])}
	ctx := context.WithValue(context.Background(), writtenKey{}, ids)
	if parent := spanIDOf(f["parent_span_id"]); parent.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: ids.trace, SpanID: parent, TraceFlags: trace.FlagsSampled,
		}))
	}
	name, _ := f["name"].(string)
	b.writer().Write(ctx, name, attrs, start, end)
}

// fields are those of a span's struct by their json names; whole numbers are int64.
type fields map[string]any

func fieldsOf(v reflect.Value) fields {
	f := make(fields)
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		switch field := v.Field(i); {
		case name == "" || !v.Type().Field(i).IsExported():
		case field.CanInt():
			f[name] = field.Int()
		default:
			f[name] = field.Interface()
		}
	}
	return f
}

func (f fields) time(key string, otherwise time.Time) time.Time {
	if t, _ := f[key].(time.Time); !t.IsZero() {
		return t
	}
	return otherwise
}

// at returns the first of the times that is there: nanoseconds or, where the name says so, milliseconds.
func (f fields) at(otherwise time.Time, keys ...string) time.Time {
	for _, key := range keys {
		switch n, _ := f[key].(int64); {
		case n <= 0:
		case strings.HasSuffix(key, "_ms"):
			return time.UnixMilli(n)
		default:
			return time.Unix(0, n)
		}
	}
	return otherwise
}

// traceIDOf returns the id that a text says or, if it is none, one that is made of it.
func traceIDOf(value any) (id trace.TraceID) {
	s, _ := value.(string)
	if s == "" {
		return id
	}
	id, err := trace.TraceIDFromHex(strings.ToLower(s))
	if err != nil {
		digest := sha256.Sum256([]byte(s))
		copy(id[:], digest[:])
	}
	return id
}

// spanIDOf is traceIDOf for spans.
func spanIDOf(value any) (id trace.SpanID) {
	s, _ := value.(string)
	if s == "" {
		return id
	}
	id, err := trace.SpanIDFromHex(strings.ToLower(s))
	if err != nil {
		digest := sha256.Sum256([]byte(s))
		copy(id[:], digest[:])
	}
	return id
}

type writtenKey struct{}

// writtenIDs are those of a span that is written; zero ones are made.
type writtenIDs struct {
	trace trace.TraceID
	span  trace.SpanID
}

// writtenGenerator gives spans the ids that their context says.
type writtenGenerator struct{}

// NewIDs implements [sdktrace.IDGenerator].
func (g writtenGenerator) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	ids, _ := ctx.Value(writtenKey{}).(writtenIDs)
	for !ids.trace.IsValid() {
		binary.BigEndian.PutUint64(ids.trace[:8], rand.Uint64())
		binary.BigEndian.PutUint64(ids.trace[8:], rand.Uint64())
	}
	return ids.trace, g.NewSpanID(ctx, ids.trace)
}

// NewSpanID implements [sdktrace.IDGenerator].
func (writtenGenerator) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	ids, _ := ctx.Value(writtenKey{}).(writtenIDs)
	for !ids.span.IsValid() {
		binary.BigEndian.PutUint64(ids.span[:], rand.Uint64())
	}
	return ids.span
}

// newWriter returns a hook whose spans have the ids that they are given. Its provider shares head and
// fanout with the Bridge's own, and is never shut down by itself.
func (b *Bridge) newWriter() *otelhook.Hook[*tracehook.Meta, tracehook.TraceSpan] {
	tp := sdktrace.NewTracerProvider(
		sdktrace.WithSampler(b.head),
		sdktrace.WithIDGenerator(writtenGenerator{}),
		sdktrace.WithResource(b.first.resource),
		sdktrace.WithRawSpanLimits(limitsOf(b.first.cfg.OTel)),
		sdktrace.WithSpanProcessor(b.fanout),
	)
	return otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](tp)
}
