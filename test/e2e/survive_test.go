package e2e_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

// open builds a Bridge from a TOML text; what is ended is recorded beside it.
func open(t *testing.T, text string) (*otelbridge.Bridge, *tracetest.SpanRecorder) {
	t.Helper()
	cfg, err := config.Parse([]byte(text), "toml")
	if err != nil {
		t.Fatal(err)
	}
	ended := tracetest.NewSpanRecorder()
	b, err := otelbridge.New(t.Context(), cfg, otelbridge.WithTracerProviderOptions(sdktrace.WithSpanProcessor(ended)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Shutdown(context.Background()) })
	return b, ended
}

// TestEverythingSurvives compares each span that was ended with what the Collector wrote, for
// HTTP and for gRPC, with TLS, a token, and compression on one of them; for HTTP with JSON; and
// with our own OTLP file.
func TestEverythingSurvives(t *testing.T) {
	t.Parallel()
	c := start(t)
	own := c.file("own")
	b, ended := open(t, fmt.Sprintf(`
[otel]
service = "checkout"
[otel.limits]
attribute_count_limit = 16
event_count_limit = 2
link_count_limit = 2
[otel.resource]
"deployment.environment.name" = "test"
[trace.http]
driver = "otlp"
overflow = "block" # nothing is shed
[trace.http.setting]
endpoint = "https://%s"
compression = "gzip"
ca = "%s"
headers = { authorization = "Bearer %s" }
[trace.grpc]
driver = "otlp"
overflow = "block"
[trace.grpc.setting]
protocol = "grpc"
endpoint = "https://%s"
ca = "%s"
headers = { authorization = "Bearer %s" }
[trace.plain]
driver = "otlp"
overflow = "block"
[trace.plain.setting]
protocol = "http/json"
endpoint = "http://%s"
[trace.own]
driver = "file"
[trace.own.setting]
encoding = "otlp"
path = "%s"
`, c.HTTP, c.CA, c.Token, c.GRPC, c.CA, c.Token, c.Plain, own))
	makeSpans(t, b.TracerProvider())
	if err := b.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := ended.Ended()
	for pipeline, file := range map[string]map[string]received{
		"http": c.wait(t, "http", len(want)), "grpc": c.wait(t, "grpc", len(want)),
		"plain": c.wait(t, "plain", len(want)), "own": c.wait(t, "own", len(want)),
	} {
		if len(file) != len(want) {
			t.Errorf("%s has %d spans, %d were ended", pipeline, len(file), len(want))
		}
		for _, s := range want {
			got, ok := file[s.SpanContext().SpanID().String()]
			if !ok || got.duplicate {
				t.Errorf("%s: span %q is there: %t, twice: %t", pipeline, s.Name(), ok, got.duplicate)
				continue
			}
			if diff := cmp.Diff(ofSDK(s), ofCollector(got)); diff != "" {
				t.Errorf("%s: span %q (-ended +received):\n%s", pipeline, s.Name(), diff)
			}
		}
	}
	stats := b.Stats()
	for _, name := range []string{"http", "grpc", "plain", "own"} {
		if n := stats.Connections[name].Exported; n != int64(len(want)) {
			t.Errorf("connection %s says that it exported %d spans, %d were ended", name, n, len(want))
		}
	}
}

// makeSpans ends spans with everything that a span can have.
func makeSpans(t *testing.T, tp trace.TracerProvider) {
	t.Helper()
	tracer := tp.Tracer("e2e", trace.WithInstrumentationVersion("1.2.3"), trace.WithSchemaURL("https://opentelemetry.io/schemas/1.37.0"),
		trace.WithInstrumentationAttributes(attribute.String("scope.attribute", "x")))
	state, err := trace.ParseTraceState("vendor=a:b,other=1")
	if err != nil {
		t.Fatal(err)
	}
	remote := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{0x0a, 15: 0xff}, SpanID: trace.SpanID{0x0b, 7: 1}, TraceFlags: trace.FlagsSampled, TraceState: state, Remote: true,
	})
	ctx, root := tracer.Start(t.Context(), "root with every type of attribute", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.Bool("bool", true), attribute.Int64("int", math.MinInt64), attribute.Float64("float", math.Pi),
		attribute.String("string", "ü\n\"\\\x01"), attribute.String("empty", ""),
		attribute.BoolSlice("bools", []bool{true, false}), attribute.Int64Slice("ints", []int64{1, math.MaxInt64}),
		attribute.Float64Slice("floats", []float64{0, -1.5}), attribute.StringSlice("strings", []string{"", "a"}),
		attribute.StringSlice("none", []string{}), attribute.ByteSlice("bytes", []byte{0, 255}),
		attribute.Slice("mixed", attribute.IntValue(1), attribute.StringValue("two")),
		attribute.Map("map", attribute.Int("one", 1), attribute.Slice("list", attribute.BoolValue(true))),
	))
	for i := range 6 {
		root.SetAttributes(attribute.Int(fmt.Sprint("more", i), i)) // three too many
	}
	_, child := tracer.Start(ctx, "child with events, links and an error", trace.WithSpanKind(trace.SpanKindClient),
		trace.WithLinks(trace.Link{SpanContext: remote, Attributes: []attribute.KeyValue{attribute.String("why", "batch")}}, trace.Link{SpanContext: root.SpanContext()}))
	for i := range 4 {
		child.AddEvent(fmt.Sprint("event", i), trace.WithAttributes(attribute.Int("n", i))) // two too many
	}
	for range 3 {
		child.AddLink(trace.Link{SpanContext: remote})
	}
	child.SetStatus(codes.Error, "it broke: \u2028 twice")
	child.End()
	root.SetStatus(codes.Ok, "ignored for ok")
	root.End()

	_, below := tracer.Start(trace.ContextWithRemoteSpanContext(t.Context(), remote), "below a remote parent", trace.WithSpanKind(trace.SpanKindConsumer))
	below.End()
	_, other := tp.Tracer("another").Start(t.Context(), "", trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindProducer))
	other.End()
	for i := range 1000 { // more than one batch
		_, s := tracer.Start(ctx, fmt.Sprint("one of many ", i))
		s.End()
	}
}
