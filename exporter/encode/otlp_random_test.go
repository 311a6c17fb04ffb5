package encode_test

import (
	"encoding/binary"
	"math"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// chooser makes spans out of what a fuzzer offers; behind its end everything is 0.
type chooser struct{ data []byte }

func (c *chooser) byte() byte {
	if len(c.data) == 0 {
		return 0
	}
	b := c.data[0]
	c.data = c.data[1:]
	return b
}

func (c *chooser) below(n int) int { return int(c.byte()) % n }

func (c *chooser) number() int64 {
	var raw [8]byte
	n := copy(raw[:c.below(9)], c.data)
	c.data = c.data[n:]
	return int64(binary.LittleEndian.Uint64(raw[:]))
}

// text returns bytes of the input, which may be no UTF-8, some of them often enough to need
// another length of the length.
func (c *chooser) text() string {
	n := min(c.below(40), len(c.data))
	s := string(c.data[:n])
	c.data = c.data[n:]
	switch c.below(16) {
	case 0:
		return strings.Repeat(s, 8)
	case 1:
		return strings.Repeat(s, 500)
	default:
		return s
	}
}

func list[T any](c *chooser, one func() T) []T {
	var all []T
	for range c.below(4) {
		all = append(all, one())
	}
	return all
}

func (c *chooser) value(depth int) attribute.Value {
	kinds := 13
	if depth > 3 {
		kinds = 9
	}
	switch c.below(kinds) {
	case 1:
		return attribute.StringValue(c.text())
	case 2:
		return attribute.Int64Value(c.number())
	case 3:
		return attribute.BoolValue(c.below(2) == 1)
	case 4:
		return attribute.Float64Value(math.Float64frombits(uint64(c.number())))
	case 5:
		return attribute.StringSliceValue(list(c, c.text))
	case 6:
		return attribute.Int64SliceValue(list(c, c.number))
	case 7:
		return attribute.BoolSliceValue(list(c, func() bool { return c.below(2) == 1 }))
	case 8:
		return attribute.Float64SliceValue(list(c, func() float64 { return float64(c.number()) / 16 }))
	case 9:
		return attribute.ByteSliceValue([]byte(c.text()))
	case 10:
		return attribute.SliceValue(list(c, func() attribute.Value { return c.value(depth + 1) })...)
	case 11:
		return attribute.MapValue(list(c, func() attribute.KeyValue { return c.attribute(depth + 1) })...)
	default:
		return attribute.Value{}
	}
}

func (c *chooser) attribute(depth int) attribute.KeyValue {
	return attribute.KeyValue{Key: attribute.Key(c.text()), Value: c.value(depth)}
}

func (c *chooser) attributes() []attribute.KeyValue {
	return list(c, func() attribute.KeyValue { return c.attribute(0) })
}

func (c *chooser) context() trace.SpanContext {
	config := trace.SpanContextConfig{TraceFlags: trace.TraceFlags(c.byte()), Remote: c.below(2) == 1}
	binary.LittleEndian.PutUint64(config.TraceID[:], uint64(c.number()))
	binary.LittleEndian.PutUint64(config.SpanID[:], uint64(c.number()))
	config.TraceState, _ = trace.ParseTraceState([]string{"", "ot=th:8", "a=1,b@c=2 3", "ot=th:c;rv:" + strings.Repeat("0", 200)}[c.below(4)])
	return trace.NewSpanContext(config)
}

func (c *chooser) time() time.Time { return time.Unix(0, c.number()) }

// spans returns a batch; each span has another id, so that resources can be told by them.
func (c *chooser) spans() []sdktrace.ReadOnlySpan {
	scopes := []instrumentation.Scope{
		{},
		{Name: c.text(), Version: c.text(), SchemaURL: c.text()},
		{Name: "n", Attributes: attribute.NewSet(c.attributes()...)},
	}
	one := c.attributes()
	resources := []*resource.Resource{
		resource.Empty(), resource.NewSchemaless(one...), resource.NewSchemaless(one...),
		resource.NewWithAttributes("https://schema", attribute.String("service.name", "other"), attribute.Int("n", 1)),
	}
	var spans []sdktrace.ReadOnlySpan
	for i := range 1 + c.below(6) {
		sc := c.context()
		sc = sc.WithSpanID(trace.SpanID{0: byte(i + 1), 1: sc.SpanID()[1]})
		stub := tracetest.SpanStub{
			Name: c.text(), SpanContext: sc, Parent: c.context(), SpanKind: trace.SpanKind(c.below(7)),
			StartTime: c.time(), EndTime: c.time(), Attributes: c.attributes(),
			DroppedAttributes: int(c.number()), DroppedEvents: int(c.number()), DroppedLinks: int(c.number()),
			Status:   sdktrace.Status{Code: codes.Code(c.below(4)), Description: c.text()},
			Resource: resources[c.below(len(resources))], InstrumentationScope: scopes[c.below(len(scopes))],
			Events: list(c, func() sdktrace.Event {
				return sdktrace.Event{Name: c.text(), Time: c.time(), Attributes: c.attributes(), DroppedAttributeCount: int(c.number())}
			}),
			Links: list(c, func() sdktrace.Link {
				return sdktrace.Link{SpanContext: c.context(), Attributes: c.attributes(), DroppedAttributeCount: int(c.number())}
			}),
		}
		spans = append(spans, stub.Snapshot())
		if c.below(16) == 1 {
			spans = append(spans, nil)
		}
	}
	return spans
}
