package otelhook_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
)

type ownHook = otelhook.Hook[*tracehook.Meta, tracehook.TraceSpan]

// newHook returns a hook on a provider of its own, and what it has exported.
func newHook(tb testing.TB, opts ...sdktrace.TracerProviderOption) (*ownHook, *sdktrace.TracerProvider, *tracetest.InMemoryExporter) {
	tb.Helper()
	exp := tracetest.NewInMemoryExporter()
	tp := sdktrace.NewTracerProvider(append(opts, sdktrace.WithSyncer(exp))...)
	tb.Cleanup(func() { _ = tp.Shutdown(context.Background()) })
	return otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](tp), tp, exp
}

// byName returns the exported spans by their names, which must differ.
func byName(tb testing.TB, exp *tracetest.InMemoryExporter) map[string]tracetest.SpanStub {
	tb.Helper()
	out := map[string]tracetest.SpanStub{}
	for _, s := range exp.GetSpans() {
		if _, twice := out[s.Name]; twice {
			tb.Fatalf("two spans named %q", s.Name)
		}
		out[s.Name] = s
	}
	return out
}

func TestHookSpansNestWithThoseOfOthers(t *testing.T) {
	t.Parallel()
	hook, tp, exp := newHook(t)
	tracer := tp.Tracer("other")

	ctx, outer := tracer.Start(t.Context(), "outer")
	meta := tracehook.NewMeta().WithContext(ctx)
	a := hook.Begin(meta, "a", nil)
	if got := trace.SpanContextFromContext(meta.Context()).SpanID().String(); got != meta.SpanId() {
		t.Errorf("context holds span %s, Meta says %s", got, meta.SpanId())
	}
	ctx, inner := tracer.Start(meta.Context(), "inner")
	b := hook.Begin(meta.Fork().WithContext(ctx), "b", nil)
	b.End()
	inner.End()
	c := hook.Begin(meta, "c", nil)
	if err := hook.Trace(meta, "event", "", nil); err != nil {
		t.Errorf("Trace: %v", err)
	}
	c.End()
	a.End()
	outer.End()

	spans := byName(t, exp)
	for child, parent := range map[string]string{"a": "outer", "inner": "a", "b": "inner", "c": "a", "event": "c"} {
		if spans[child].Parent.SpanID() != spans[parent].SpanContext.SpanID() || !spans[child].Parent.IsValid() {
			t.Errorf("parent of %s is not %s", child, parent)
		}
		if spans[child].SpanContext.TraceID() != spans["outer"].SpanContext.TraceID() {
			t.Errorf("%s is in another trace", child)
		}
	}
}

func TestHookAttributesOfASpan(t *testing.T) {
	t.Parallel()
	hook, _, exp := newHook(t)
	span := hook.Begin(tracehook.NewMeta(), "service:user.login", tracehook.Map{
		"service": "user", "kind": " Server", "target": "login", "entry": "e", "step": "s", "status": "OK",
		"code": "7", "result": "r", "zeta": 1, "alpha": "x", "vip": true, "gone": nil,
	})
	span.End()
	s := byName(t, exp)["service:user.login"]
	want := []attribute.KeyValue{
		attribute.String("tracehook.service", "user"), attribute.String("tracehook.kind", "server"),
		attribute.String("tracehook.target", "login"), attribute.String("tracehook.entry", "e"),
		attribute.String("tracehook.step", "s"), attribute.String("tracehook.status", "ok"),
		attribute.Int("tracehook.code", 7), attribute.String("tracehook.result", "r"),
		attribute.String("alpha", "x"), attribute.Bool("vip", true), attribute.Int("zeta", 1),
	}
	if diff := cmp.Diff(want, s.Attributes, cmp.Comparer(func(a, b attribute.KeyValue) bool { return a == b })); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	if s.SpanKind != trace.SpanKindServer {
		t.Errorf("kind %v, want server", s.SpanKind)
	}
	if s.Status.Code != codes.Unset {
		t.Errorf("status %v, want unset", s.Status)
	}
}

func TestHookTraceKeepsAnErrorAndItsText(t *testing.T) {
	t.Parallel()
	hook, _, exp := newHook(t)
	given := tracehook.Map{"error": errors.New("invalid password"), "user": 1}
	if err := hook.Trace(tracehook.NewMeta(), "user.login.failed", "Error", given); err != nil {
		t.Error(err)
	}
	s := byName(t, exp)["user.login.failed"]
	if s.Status.Code != codes.Error || s.Status.Description != "invalid password" {
		t.Errorf("status %+v, want an error with its text", s.Status)
	}
	if !s.StartTime.Equal(s.EndTime) {
		t.Errorf("length %v, want none", s.EndTime.Sub(s.StartTime))
	}
	if len(given) != 2 {
		t.Errorf("attributes of the caller were changed: %v", given)
	}
}
