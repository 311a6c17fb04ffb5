package bridge_test

import (
	"context"
	"encoding/binary"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/test/locked"
)

// lines is a log that several goroutines write.
type lines struct{ locked.Buffer }

func (l *lines) option() otelbridge.Option {
	return otelbridge.WithLogger(slog.New(slog.NewTextHandler(l, nil)))
}

func TestASamplerThatDropsIsNoticedAndSaidOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		sampler func(b *otelbridge.Bridge) sdktrace.Sampler
		roots   int
		drops   bool
	}{
		{"a fifth", func(*otelbridge.Bridge) sdktrace.Sampler {
			return sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.2))
		}, 500, true},
		{"nine tenths", func(*otelbridge.Bridge) sdktrace.Sampler { return sdktrace.TraceIDRatioBased(0.9) }, 1000, true},
		{"everything", func(*otelbridge.Bridge) sdktrace.Sampler { return sdktrace.AlwaysSample() }, 5000, false},
		{"over theirs", func(b *otelbridge.Bridge) sdktrace.Sampler {
			return b.SamplerOver(sdktrace.TraceIDRatioBased(0.2))
		}, 500, false},
		{"the Bridge's", func(b *otelbridge.Bridge) sdktrace.Sampler { return b.Sampler() }, 500, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			log := &lines{}
			b, _ := newBridge(t, "[trace]\ndriver = \"kept\"\nsample = 0.5\n", log.option())
			tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(test.sampler(b)), sdktrace.WithSpanProcessor(b.SpanProcessor()))
			spans(test.roots, tp)
			health, why := b.Health(), b.Explain("s", "")[0].String()
			if err := b.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(log.String(), "drops traces"); (n == 1) != test.drops || n > 1 {
				t.Errorf("said %d times that it drops:\n%s", n, log)
			}
			if got := strings.Contains(why, "SamplerOver"); got != (test.drops || test.name == "everything") {
				t.Errorf("Explain says\n%s", why)
			}
			if got := health.Connections["default"].State == processor.StateDegraded; got != test.drops {
				t.Errorf("Health is %+v", health)
			}
		})
	}
}

// countingIDs makes ids that count up, as some devices and tests do.
type countingIDs struct{ n atomic.Uint64 }

func (c *countingIDs) NewIDs(context.Context) (id trace.TraceID, span trace.SpanID) {
	binary.BigEndian.PutUint64(id[8:], c.n.Add(1))
	binary.BigEndian.PutUint64(span[:], c.n.Add(1))
	return id, span
}

func (c *countingIDs) NewSpanID(context.Context, trace.TraceID) (span trace.SpanID) {
	binary.BigEndian.PutUint64(span[:], c.n.Add(1))
	return span
}

// Ids that aren't random at all are no sign of a sampler that drops.
func TestIDsThatCountUpAreNoSampler(t *testing.T) {
	t.Parallel()
	log := &lines{}
	b, _ := newBridge(t, "[trace]\ndriver = \"kept\"\n", log.option())
	spans(500, sdktrace.NewTracerProvider(sdktrace.WithIDGenerator(new(countingIDs)), sdktrace.WithSpanProcessor(b.SpanProcessor())))
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(log.String(), "drops traces") {
		t.Errorf("a sampler that keeps everything is said to drop:\n%s", log)
	}
}

func TestWhatAnotherProviderIgnoresIsSaid(t *testing.T) {
	t.Parallel()
	log := &lines{}
	b, _ := newBridge(t, "[trace]\ndriver = \"kept\"\n[otel]\nservice = \"shop\"\nlimits = { attribute_count_limit = 5 }\nresource = { same = \"1\", other = \"2\" }\n", log.option())
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(b.SpanProcessor()),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "theirs"), attribute.String("same", "1"))))
	spans(2, tp)
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := `ignored="service, resource.other, limits.attribute_count_limit"`; strings.Count(log.String(), want) != 1 {
		t.Errorf("the log hasn't %s once:\n%s", want, log)
	}
}

// Install doesn't starve the exporter of the provider that has the Bridge's processor, and leaves a
// propagator alone that somebody has chosen.
func TestInstallBesideAnotherProvider(t *testing.T) { // not parallel: it is about globals
	provider, propagator := otel.GetTracerProvider(), otel.GetTextMapPropagator()
	t.Cleanup(func() {
		otel.SetTracerProvider(provider) //nolint:forbidigo // what Install changes
		otel.SetTextMapPropagator(propagator)
		tracehook.Attach(nil)
	})
	theirs := tracetest.NewInMemoryExporter()
	kept := memory.New()
	b, err := otelbridge.New(t.Context(), parse(t, "[trace]\ndriver = \"kept\"\n"),
		otelbridge.WithDriver("kept", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) { return kept, nil }))
	if err != nil {
		t.Fatal(err)
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(theirs), sdktrace.WithSpanProcessor(b.SpanProcessor()))
	otel.SetTracerProvider(tp) //nolint:forbidigo // as an application does
	chosen := propagation.Baggage{}
	otel.SetTextMapPropagator(chosen)
	b.Install()
	spans(1, otel.GetTracerProvider())
	tracehook.NewMeta().Begin("ours").End()
	if n := len(theirs.GetSpans()); n != 2 {
		t.Errorf("their exporter has %d of 2 spans", n)
	}
	if got := otel.GetTextMapPropagator(); got != propagation.TextMapPropagator(chosen) {
		t.Errorf("the propagator is %T now", got)
	}
	if tracehook.Stats() == nil {
		t.Error("the hook has no numbers")
	}
	if err := b.Shutdown(t.Context()); err != nil || kept.Len() != 2 {
		t.Errorf("%d of 2 spans: %v", kept.Len(), err)
	}
}
