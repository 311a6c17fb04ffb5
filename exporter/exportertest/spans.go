package exportertest

import (
	"encoding/binary"
	"math"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/vocab"
)

// Start is when the first of [Spans] starts.
func Start() time.Time { return time.Date(2026, time.March, 4, 5, 6, 7, 89_000_000, time.UTC) }

// Spans returns four spans of one trace, with fixed ids and times: a server span below a
// remote parent, a framework span with one attribute of every type, a failed client span
// with an event and a link, and a framework span that asks for a retry and whose texts try
// to break every format. Each call makes new ones.
func Spans() []sdktrace.ReadOnlySpan { return Stubs().Snapshots() }

// Stubs returns [Spans] as plain data.
func Stubs() tracetest.SpanStubs {
	res := resource.NewWithAttributes("https://opentelemetry.io/schemas/1.37.0",
		attribute.String("service.name", "shop"), attribute.String("infra.project", "store"),
		attribute.String("infra.role", "api"), attribute.Int("process.pid", 42))
	scope := instrumentation.Scope{
		Name: "github.com/tracehook/tracehook", Version: "1.2.3",
		SchemaURL: "https://opentelemetry.io/schemas/1.37.0", Attributes: attribute.NewSet(attribute.Bool("test", true)),
	}
	state, _ := trace.ParseTraceState("ot=th:8,vendor=value") // constant and valid
	id := trace.TraceID{0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36}
	within := func(n byte, remote bool) trace.SpanContext {
		return trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: id, SpanID: trace.SpanID{0, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 2, n},
			TraceFlags: trace.FlagsSampled, TraceState: state, Remote: remote,
		})
	}
	at := func(us int) time.Time { return Start().Add(time.Duration(us) * time.Microsecond) }
	return tracetest.SpanStubs{
		{
			Name: "GET /users/{id}", SpanContext: within(1, false), Parent: within(0xff, true),
			SpanKind: trace.SpanKindServer, StartTime: at(0), EndTime: at(12_345), ChildSpanCount: 2,
			Attributes: []attribute.KeyValue{
				attribute.String("http.request.method", "GET"), attribute.String("http.route", "/users/{id}"),
				attribute.Int("http.response.status_code", 200),
			},
			Status: sdktrace.Status{Code: codes.Ok}, Resource: res, InstrumentationScope: scope,
		},
		{
			Name: "service:user.login", SpanContext: within(2, false), Parent: within(1, false),
			SpanKind: trace.SpanKindInternal, StartTime: at(1000), EndTime: at(9000), ChildSpanCount: 2,
			Attributes: []attribute.KeyValue{
				vocab.Service.String("user"), vocab.Kind.String("service"),
				vocab.Target.String("login"), vocab.Step.String("check"),
				attribute.Bool("vip", true), attribute.Int64("big", math.MaxInt64),
				attribute.Float64("ratio", 0.25), attribute.Float64("nan", math.NaN()),
				attribute.BoolSlice("bools", []bool{true, false}), attribute.Int64Slice("ints", []int64{1, -2}),
				attribute.Float64Slice("floats", []float64{1.5, math.Inf(-1)}),
				attribute.StringSlice("texts", []string{"a", "b,\"c\""}),
				attribute.ByteSlice("bytes", []byte{0, 255, 1}),
				{Key: "list", Value: attribute.SliceValue(attribute.IntValue(1), attribute.StringValue("two"))},
				{Key: "map", Value: attribute.MapValue(attribute.String("inner", "value"), attribute.Bool("yes", true))},
				{Key: "empty"},
			},
			Resource: res, InstrumentationScope: scope,
		},
		{
			Name: "SELECT users", SpanContext: within(3, false), Parent: within(2, false),
			SpanKind: trace.SpanKindClient, StartTime: at(2000), EndTime: at(5000),
			Attributes: []attribute.KeyValue{attribute.String("db.system.name", "postgresql")},
			Events: []sdktrace.Event{{
				Name: "exception", Time: at(4500), DroppedAttributeCount: 1,
				Attributes: []attribute.KeyValue{attribute.String("exception.message", "connection reset")},
			}},
			Links: []sdktrace.Link{{
				SpanContext: within(9, true), DroppedAttributeCount: 2,
				Attributes: []attribute.KeyValue{attribute.Int("attempt", 1)},
			}},
			Status:   sdktrace.Status{Code: codes.Error, Description: "connection reset"},
			Resource: res, InstrumentationScope: scope,
			DroppedAttributes: 1, DroppedEvents: 2, DroppedLinks: 3,
		},
		{
			Name: "queue:mail\n2026-01-01 [ok] forged", SpanContext: within(4, false), Parent: within(2, false),
			SpanKind: trace.SpanKindConsumer, StartTime: at(6000), EndTime: at(8000),
			Attributes: []attribute.KeyValue{
				vocab.Kind.String("queue"), vocab.Entry.String("mail"),
				vocab.Status.String("retry"), vocab.Code.Int(2),
				vocab.Result.String("later, %name%"), attribute.String("name", "taken"),
				attribute.String("control", "\x00\x1b[31m\r\u2028\u202e\ufeff"), attribute.String("broken", "a\xffb"),
				attribute.String("wide", "数据库 🙂"), attribute.String("yes", "no"), attribute.String(`"quoted" key\`, ""),
			},
			Status:   sdktrace.Status{Code: codes.Error, Description: "later, %name%"},
			Resource: res, InstrumentationScope: instrumentation.Scope{Name: "other"},
		},
	}
}

// Many returns n small spans of one trace, with ids that are different from each other.
func Many(n int) []sdktrace.ReadOnlySpan {
	stubs := make(tracetest.SpanStubs, 0, n)
	var span trace.SpanID
	for i := range n {
		binary.BigEndian.PutUint64(span[:], uint64(i)+1)
		stubs = append(stubs, tracetest.SpanStub{
			Name: "many", SpanKind: trace.SpanKindInternal, StartTime: Start(), EndTime: Start().Add(time.Millisecond),
			SpanContext: trace.NewSpanContext(trace.SpanContextConfig{
				TraceID: trace.TraceID{15: 1}, SpanID: span, TraceFlags: trace.FlagsSampled,
			}),
			Attributes: []attribute.KeyValue{attribute.Int("n", i)},
			Resource:   resource.NewSchemaless(attribute.String("service.name", "shop")),
		})
	}
	return stubs.Snapshots()
}
