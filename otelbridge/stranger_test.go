package otelbridge_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/otelbridge/propagators"
)

// remembering returns a Bridge with one connection, and what that has exported.
func remembering(t *testing.T, toml string, opts ...otelbridge.Option) (*otelbridge.Bridge, func() []sdktrace.ReadOnlySpan) {
	t.Helper()
	kept := memory.New()
	b, err := propagating(t, toml, nil, append(opts, otelbridge.WithDriver("memory", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) { return kept, nil }))...)
	if err != nil {
		t.Fatal(err)
	}
	return b, func() []sdktrace.ReadOnlySpan {
		if err := b.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		return kept.Spans()
	}
}

// A stranger who chooses trace ids, random bits, weights and debug flags has no more of his requests
// kept than chance would.
func TestStrangersDontBuySampling(t *testing.T) {
	t.Parallel()
	for _, edge := range []string{"restart", "ignore"} {
		toml := "[otel]\npropagators = [\"tracecontext\", \"b3\", \"jaeger\", \"headers\", \"request-id\"]\nrequest_id = { honor = true }\nedge = \"" + edge + "\"\n[trace.m.sample]\nrate = 0.0001\n"
		b, kept := remembering(t, toml)
		for i := range 200 {
			id := fmt.Sprintf("%016x%016x", i+1, uint64(1<<63-1))
			all := []http.Header{
				{"Traceparent": {"00-" + id + "-0000000000000001-01"}, "Tracestate": {"ot=rv:ffffffffffffff;th:0"}},
				{"B3": {id + "-0000000000000001-d"}},
				{"X-B3-Traceid": {id}, "X-B3-Spanid": {"0000000000000001"}, "X-B3-Flags": {"1"}},
				{"Uber-Trace-Id": {id + ":1:0:3"}},
				{"X-Trace-Id": {id}, "X-Span-Id": {"0000000000000001"}},
				{"X-Request-Id": {"9223372036854775807:1"}},
			}
			ctx := b.Propagator().Extract(t.Context(), propagation.HeaderCarrier(all[i%len(all)]))
			_, span := b.TracerProvider().Tracer("t").Start(ctx, "request")
			if span.SpanContext().TraceID().String() == id {
				t.Fatal("the trace is the stranger's")
			}
			span.End()
		}
		if got := len(kept()); got > 1 {
			t.Errorf("%s: %d of 200 requests are kept at a rate of 0.0001", edge, got)
		}
	}
}

// Inside of a system debug means keep, and a deferred decision is made here.
func TestDebugAndDeferredOverTheWire(t *testing.T) {
	t.Parallel()
	b, kept := remembering(t, "[otel]\npropagators = [\"b3\"]\n[trace.m.sample]\nrate = 0.0001\n")
	sampled := 0
	for i := range 100 {
		for _, state := range []string{"-d", ""} {
			carrier := propagation.MapCarrier{"b3": fmt.Sprintf("%032x-0000000000000001%s", 1+i, state)}
			ctx, span := b.TracerProvider().Tracer("t").Start(b.Propagator().Extract(t.Context(), carrier), "request"+state)
			next := propagation.MapCarrier{}
			b.Propagator().Inject(ctx, next)
			if last := next["b3"][len(next["b3"])-1:]; state == "-d" && last != "d" {
				t.Fatalf("%s travels on as %s", carrier["b3"], next["b3"])
			} else if last == "1" {
				sampled++
			}
			span.End()
		}
	}
	debugged := 0
	for _, s := range kept() {
		if s.Name() == "request-d" {
			debugged++
		}
	}
	if debugged != 100 || sampled > 1 {
		t.Errorf("%d of 100 debugged requests are kept, and %d deferred ones sampled", debugged, sampled)
	}
}

// Members of baggage pass an edge by name only, and become attributes by name only.
func TestBaggageByName(t *testing.T) {
	t.Parallel()
	b, kept := remembering(t, "[otel]\nedge = \"ignore\"\nedge_baggage = [\"tenant\"]\nbaggage_attributes = [\"tenant\", \"role\", \"mine\"]\n")
	ctx := b.Propagator().Extract(t.Context(), propagation.MapCarrier{"baggage": "tenant=a%20b,role=admin"})
	if got := baggage.FromContext(ctx).String(); got != "tenant=a%20b" {
		t.Errorf("baggage %q has passed", got)
	}
	mine, err := baggage.NewMember("mine", "baggage")
	if err != nil {
		t.Fatal(err)
	}
	bag, err := baggage.FromContext(ctx).SetMember(mine)
	if err != nil {
		t.Fatal(err)
	}
	ctx = baggage.ContextWithBaggage(ctx, bag)
	ctx, span := b.TracerProvider().Tracer("t").Start(ctx, "root", trace.WithAttributes(attribute.String("mine", "own")))
	_, child := b.TracerProvider().Tracer("t").Start(ctx, "child")
	child.End()
	span.End()
	own := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(b.SpanProcessor()))
	_, theirs := own.Tracer("t").Start(ctx, "of another provider")
	theirs.End()
	want := map[string]string{"root": "mine=own tenant=a b", "child": "mine=baggage tenant=a b", "of another provider": "mine=baggage tenant=a b"}
	for _, s := range kept() {
		set := attribute.NewSet(s.Attributes()...)
		m, _ := set.Value("mine")
		tenant, _ := set.Value("tenant")
		if got := "mine=" + m.AsString() + " tenant=" + tenant.AsString(); got != want[s.Name()] || set.Len() != 2 {
			t.Errorf("%s has %v, want %s", s.Name(), s.Attributes(), want[s.Name()])
		}
		delete(want, s.Name())
	}
	if len(want) > 0 {
		t.Errorf("missing %v", want)
	}
}

// A resource in code, detectors and the configuration are merged; the last one wins.
func TestResourceIsMerged(t *testing.T) {
	t.Parallel()
	code := resource.NewWithAttributes("https://opentelemetry.io/schemas/1.0.0", attribute.String("team", "code"), attribute.String("shard", "7"))
	seen := &startCounter{SpanProcessor: sdktrace.NewSimpleSpanProcessor(memory.New())}
	b, kept := remembering(t, "[otel]\nservice = \"shop\"\ndetectors = [\"host\", \"process\"]\nresource = { team = \"file\" }\n",
		otelbridge.WithTracerProviderOptions(sdktrace.WithSpanProcessor(seen), sdktrace.WithResource(code)))
	_, span := b.TracerProvider().Tracer("t").Start(t.Context(), "n")
	span.End()
	r := kept()[0].Resource().Set()
	for key, want := range map[attribute.Key]string{"team": "file", "shard": "7", "service.name": "shop"} {
		if v, _ := r.Value(key); v.AsString() != want {
			t.Errorf("%s is %q, want %q", key, v.AsString(), want)
		}
	}
	for _, key := range []attribute.Key{"host.name", "process.pid", "telemetry.sdk.name"} {
		if !r.HasValue(key) {
			t.Errorf("there is no %s", key)
		}
	}
	if seen.n != 1 {
		t.Errorf("another processor has seen %d spans start, want one", seen.n)
	}
	if _, err := propagating(t, "[otel]\ndetectors = [\"hosts\"]", nil); err == nil {
		t.Error("an unknown detector is accepted")
	}
}

type startCounter struct {
	sdktrace.SpanProcessor
	n int
}

func (c *startCounter) OnStart(_ context.Context, _ sdktrace.ReadWriteSpan) { c.n++ }

// Who writes depends on the host, also by the configuration.
func TestInjectHosts(t *testing.T) {
	t.Parallel()
	b, err := propagating(t, "[otel]\ninject_hosts = { \"*.legacy.example\" = [\"headers\"], \"api.example.com\" = [\"none\"] }", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, span := b.TracerProvider().Tracer("t").Start(t.Context(), "n")
	defer span.End()
	for host, want := range map[string]string{"a.legacy.example:80": "X-Trace-ID", "api.example.com": "", "other": "traceparent"} {
		carrier := propagation.MapCarrier{}
		b.Propagator().Inject(propagators.ContextWithHost(ctx, host), carrier)
		if _, ok := carrier[want]; !ok && want != "" || want == "" && len(carrier) > 0 {
			t.Errorf("%s gets %v, want %q", host, carrier, want)
		}
	}
	for _, wrong := range []string{`"http://a" = ["b3"]`, `"a*" = ["b3"]`, `a = ["b4"]`, `a = []`, `"a:80" = ["b3"]`} {
		if err := refused("[otel]\ninject_hosts = { " + wrong + " }"); err == nil {
			t.Errorf("%s is accepted", wrong)
		}
	}
}

// refused returns why a configuration is refused.
func refused(toml string) error {
	cfg, err := config.Parse([]byte(toml), "toml")
	if err != nil {
		return err
	}
	return otelbridge.Check(cfg)
}
