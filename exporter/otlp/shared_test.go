package otlp_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/internal/sendtest"
)

type keeping struct{ ended *[]sdktrace.ReadOnlySpan }

func (k keeping) OnEnd(s sdktrace.ReadOnlySpan)                 { *k.ended = append(*k.ended, s) }
func (keeping) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (keeping) Shutdown(context.Context) error                  { return nil }
func (keeping) ForceFlush(context.Context) error                { return nil }

// ended returns n spans of the SDK, of two resources and of three scopes each, in turn.
func ended(t *testing.T, n int) []sdktrace.ReadOnlySpan {
	t.Helper()
	var spans []sdktrace.ReadOnlySpan
	var tracers []trace.Tracer
	for r := range 2 {
		tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(keeping{&spans}),
			sdktrace.WithResource(resource.NewWithAttributes("https://schema/r", attribute.Int("resource", r))))
		for s := range 3 {
			tracers = append(tracers, tp.Tracer(fmt.Sprint("scope", s), trace.WithSchemaURL("https://schema/s"), trace.WithInstrumentationAttributes(attribute.Int("scope", s))))
		}
	}
	for i := range n {
		_, s := tracers[i%len(tracers)].Start(t.Context(), fmt.Sprint("span", i))
		s.SetAttributes(attribute.Int("i", i), attribute.String("text", "ü"))
		s.AddEvent("event")
		s.End()
	}
	return spans
}

// connect makes exporters of one driver, each with a receiver of its own.
func connect(t *testing.T, n int) (exporters []sdktrace.SpanExporter, receivers []*sendtest.Receiver) {
	t.Helper()
	d := otlp.Driver()
	for range n {
		r := sendtest.NewHTTP(t)
		e, err := d.New(t.Context(), exporter.Settings{Connection: "c", Setting: map[string]any{"url": r.URL()}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = e.Shutdown(context.WithoutCancel(t.Context())) })
		exporters, receivers = append(exporters, e), append(receivers, r)
	}
	return exporters, receivers
}

// flat returns each span with what it stands in, in the order of the names.
func flat(t *testing.T, body []byte) []*tracepb.ResourceSpans {
	t.Helper()
	var request coltracepb.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &request); err != nil {
		t.Fatal(err)
	}
	if unknown := request.ProtoReflect().GetUnknown(); len(unknown) > 0 {
		t.Errorf("unknown fields %x", unknown)
	}
	var all []*tracepb.ResourceSpans
	for _, rs := range request.GetResourceSpans() {
		for _, ss := range rs.GetScopeSpans() {
			for _, s := range ss.GetSpans() {
				all = append(all, &tracepb.ResourceSpans{Resource: rs.GetResource(), SchemaUrl: rs.GetSchemaUrl(), ScopeSpans: []*tracepb.ScopeSpans{
					{Scope: ss.GetScope(), SchemaUrl: ss.GetSchemaUrl(), Spans: []*tracepb.Span{s}},
				}})
			}
		}
	}
	slices.SortFunc(all, func(a, b *tracepb.ResourceSpans) int {
		return int(a.GetScopeSpans()[0].GetSpans()[0].GetStartTimeUnixNano()) - int(b.GetScopeSpans()[0].GetSpans()[0].GetStartTimeUnixNano()) //nolint:gosec // nearby times
	})
	return all
}

// A request made of shared pieces says what the official exporter would have said, with
// other borders of batches on each connection.
func TestSharedEncodingSaysTheSame(t *testing.T) {
	t.Parallel()
	spans := ended(t, 100)
	alone, reference := connect(t, 1)
	together, receivers := connect(t, 3)
	if err := alone[0].ExportSpans(t.Context(), spans); err != nil {
		t.Fatal(err)
	}
	want := flat(t, reference[0].Bodies()[0])
	for i, e := range together {
		for batch := range slices.Chunk(spans, []int{100, 30, 7}[i]) {
			if err := e.ExportSpans(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
		}
		var got []*tracepb.ResourceSpans
		for _, body := range receivers[i].Bodies() {
			got = append(got, flat(t, body)...)
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("connection %d (-official +shared):\n%s", i, diff)
		}
	}
	// Resources and scopes are not repeated for each span.
	if one, three := len(reference[0].Bodies()[0]), len(receivers[0].Bodies()[0]); one != three {
		t.Errorf("%d bytes when shared, %d otherwise", three, one)
	}
}

func TestSharedEncodingRepairsTexts(t *testing.T) {
	t.Parallel()
	var spans []sdktrace.ReadOnlySpan
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(keeping{&spans}))
	_, s := tp.Tracer("x").Start(t.Context(), "bad \xff name")
	s.End()
	exporters, receivers := connect(t, 2)
	for i, e := range exporters {
		if err := e.ExportSpans(t.Context(), spans); err != nil {
			t.Fatal(err)
		}
		if got := flat(t, receivers[i].Bodies()[0])[0].GetScopeSpans()[0].GetSpans()[0].GetName(); got != "bad \uFFFD name" {
			t.Errorf("name is %q", got)
		}
	}
}

// Spans with equal ids, and spans that are no pointers, take the direct way.
func TestSharedEncodingStepsAside(t *testing.T) {
	t.Parallel()
	spans := ended(t, 2)
	for name, batch := range map[string][]sdktrace.ReadOnlySpan{
		"the same span twice": {spans[0], spans[1], spans[0]},
		"no pointers":         sendtest.Spans(1, 3),
	} {
		exporters, receivers := connect(t, 2)
		if err := exporters[0].ExportSpans(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		if got := len(receivers[0].Order()); got != 3 {
			t.Errorf("%s: %d spans arrived, want 3", name, got)
		}
	}
}

func TestSharedEncodingConcurrentSafe(t *testing.T) {
	t.Parallel()
	spans := ended(t, 2000)
	exporters, receivers := connect(t, 4)
	var wg sync.WaitGroup
	for i, e := range exporters {
		wg.Go(func() {
			for batch := range slices.Chunk(spans, 50+i*13) {
				if err := e.ExportSpans(t.Context(), batch); err != nil {
					t.Error(err)
				}
			}
			if i%2 == 0 {
				_ = e.Shutdown(t.Context()) // while the others go on
			}
		})
	}
	wg.Wait()
	for i, r := range receivers {
		got := r.Spans()
		for _, s := range spans {
			if n := got[s.SpanContext().SpanID().String()]; n != 1 {
				t.Fatalf("connection %d has a span %d times", i, n)
			}
		}
	}
}
