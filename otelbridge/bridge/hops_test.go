package bridge_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
)

// two has a connection like a console at 1, which doesn't vote, beside a backend at 0.2.
const two = `
[trace.near]
driver = "near"
buffer = 4096
sample = { propagate = false }
[trace.far]
driver = "kept"
buffer = 4096
sample = 0.2
`

func newTwo(t *testing.T, opts ...otelbridge.Option) (b *otelbridge.Bridge, near, far *memory.Exporter) {
	t.Helper()
	near = memory.New()
	b, far = newBridge(t, two, append(opts, otelbridge.WithDriver("near", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) {
		return near, nil
	}))...)
	return b, near, far
}

func names(e *memory.Exporter) map[string]int {
	count := map[string]int{}
	for _, s := range e.Spans() {
		count[s.Name()]++
	}
	return count
}

// Both sides of a hop within the process are decided by the same policies, whichever way the
// message goes.
func TestBothSidesOfAHopWithinTheProcess(t *testing.T) {
	t.Parallel()
	const n = 300
	b, near, far := newTwo(t)
	hook := b.Hook()
	var queue []tracehook.Metadata
	for range n {
		m := tracehook.NewMeta()
		span := hook.Begin(m, "http:order", nil)
		queue = append(queue, m.Metadata())
		span.End()
	}
	for _, message := range queue {
		m := tracehook.NewMeta()
		m.Metadata(message)
		span := hook.Begin(m, "queue:order", nil)
		hook.Begin(m, "child", nil).End()
		span.End()
	}
	tracer := b.TracerProvider().Tracer("http")
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, span := tracer.Start(propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header)), "server")
		span.End()
	}))
	defer server.Close()
	for range n {
		ctx, span := tracer.Start(t.Context(), "client")
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(request.Header))
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		span.End()
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"http:order", "queue:order", "child", "client", "server"} {
		if got := names(near)[name]; got != n {
			t.Errorf("the near connection has %d of %d %s", got, n, name)
		}
		if got := names(far)[name]; got < n/10 || got > n/3 {
			t.Errorf("the far connection has %d of %d %s, want about a fifth", got, n, name)
		}
	}
}

// What the head drops is in each connection's account, but for spans of exports.
func TestSpansThatTheHeadDropsAreCounted(t *testing.T) {
	t.Parallel()
	traced := &tracing{}
	b, _ := newBridge(t, "[trace]\ndriver = \"traced\"\n[trace.sample]\nrate = 0.1\nerror = false\n",
		otelbridge.WithDriver("traced", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) { return traced, nil }))
	traced.tracer = b.TracerProvider().Tracer("client")
	const n = 10_000
	for range n {
		_, span := b.TracerProvider().Tracer("test").Start(t.Context(), "x")
		span.End()
		if b.Stats().Pending > 500 {
			_ = b.ForceFlush(t.Context())
		}
	}
	if err := b.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		count func(otelbridge.Stats) (offered, head, out int64)
	}{
		{"global", func(s otelbridge.Stats) (int64, int64, int64) { return s.Offered, s.SampledOutHead, s.SampledOut }},
		{"default", func(s otelbridge.Stats) (int64, int64, int64) {
			d := s.Connections["default"]
			return d.Offered, d.SampledOutHead, d.SampledOut
		}},
	} {
		offered, head, out := c.count(b.Stats())
		if offered != n || out != head || head < n*85/100 || head > n*95/100 {
			t.Errorf("%s: of %d spans %d were offered, %d sampled out, %d of them by the head", c.name, n, offered, out, head)
		}
	}
}

// tracing makes spans in its exports.
type tracing struct{ tracer trace.Tracer }

func (e *tracing) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	for range spans {
		inner, span := e.tracer.Start(ctx, "POST", trace.WithAttributes(attribute.Int("n", 1)))
		_, child := e.tracer.Start(inner, "dial")
		child.End()
		span.End()
	}
	return nil
}

func (*tracing) Shutdown(context.Context) error { return nil }

// On a provider of the application, spans of an export are refused, whatever its limits.
func TestExportsOfAForeignProviderAreRefused(t *testing.T) {
	t.Parallel()
	traced := &tracing{}
	b, _ := newBridge(t, "[trace]\ndriver = \"traced\"\n",
		otelbridge.WithDriver("traced", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) { return traced, nil }))
	limits := sdktrace.NewSpanLimits()
	limits.AttributeCountLimit = 1
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(b.SpanProcessor()), sdktrace.WithRawSpanLimits(limits))
	traced.tracer = tp.Tracer("client")
	_, span := tp.Tracer("app").Start(t.Context(), "x")
	span.End()
	for range 5 {
		if err := b.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if c := b.Stats().Connections["default"]; c.Exported != 1 || c.Dropped.Recursion != 2 || c.SampledOutHead != 0 {
		t.Errorf("exported %d, refused %d, want 1 and 2", c.Exported, c.Dropped.Recursion)
	}
}

// A connection that a reload removes and adds again has the spans that were dropped while it was
// there.
func TestDroppedSpansOverReloads(t *testing.T) {
	t.Parallel()
	const none = "sample = { rate = 0, error = false }\n"
	conn := func(name string) string { return "[trace." + name + "]\ndriver = \"kept\"\n" + none }
	b, _ := newBridge(t, conn("a"))
	drop := func(n int) {
		for range n {
			_, span := b.TracerProvider().Tracer("test").Start(t.Context(), "x")
			span.End()
		}
	}
	for _, step := range []struct {
		toml  string
		spans int
	}{{conn("a"), 10}, {conn("a") + conn("b"), 5}, {conn("b"), 3}, {conn("a") + conn("b"), 2}} {
		if err := b.Reload(t.Context(), parse(t, step.toml)); err != nil {
			t.Fatal(err)
		}
		drop(step.spans)
	}
	st := b.Stats()
	if a, b := st.Connections["a"].SampledOutHead, st.Connections["b"].SampledOutHead; a != 17 || b != 10 {
		t.Errorf("a has %d and b %d dropped spans, want 17 and 10", a, b)
	}
	if err := b.Reload(t.Context(), parse(t, conn("b"))); err != nil {
		t.Fatal(err)
	}
	drop(100)
	if got := b.Stats().Retired["a"]; got != nil && got.SampledOutHead != 17 {
		t.Errorf("the removed connection has %d dropped spans, want 17", got.SampledOutHead)
	}
}

// An application's own provider with the Bridge's sampler gives the same weights as the Bridge's
// own provider; one with another sampler has none that are known.
func TestWeightsOnProvidersOfTheApplication(t *testing.T) {
	t.Parallel()
	for name, known := range map[string]bool{"bridge": true, "lent": true, "foreign": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, kept := newBridge(t, "[trace]\ndriver = \"kept\"\nsample = 0.5\n")
			own := b.TracerProvider()
			tp := own
			switch name {
			case "lent":
				tp = sdktrace.NewTracerProvider(sdktrace.WithSampler(b.Sampler()), sdktrace.WithSpanProcessor(b.SpanProcessor()))
			case "foreign":
				tp = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(b.SpanProcessor()))
			}
			for range 64 {
				ctx, root := tp.Tracer("app").Start(t.Context(), "root")
				_, child := tp.Tracer("app").Start(ctx, "child")
				child.SetStatus(codes.Error, "")
				child.End()
				root.End()
			}
			if err := b.ForceFlush(t.Context()); err != nil {
				t.Fatal(err)
			}
			roots := 0
			for _, s := range kept.Spans() {
				got, want := s.SpanContext().TraceState().String(), ""
				if s.Name() == "root" {
					roots++
					if known {
						want = "ot=th:8"
					}
				}
				if got != want {
					t.Errorf("%s is exported with %q, want %q", s.Name(), got, want)
				}
			}
			if n := names(kept); roots == 0 || n["child"] != 64 {
				t.Errorf("kept %v", n)
			}
		})
	}
}

// However deep a context is, a span costs the same: no search through all of it.
func TestDeepContextsCostNoMore(t *testing.T) {
	b, _ := newBridge(t, "[trace]\ndriver = \"none\"\n")
	tracer := b.TracerProvider().Tracer("test")
	for name, in := range map[string]func(context.Context) context.Context{
		"recorded": func(ctx context.Context) context.Context { return ctx },
		"remote": func(ctx context.Context) context.Context {
			return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
				TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled,
			}))
		},
	} {
		searched := &counting{Context: t.Context()}
		ctx := in(searched)
		for range 300 {
			ctx, _ = tracer.Start(ctx, "open") //nolint:fatcontext,spancheck // many spans that never end are the point
		}
		before := searched.values
		for range 100 {
			_, span := tracer.Start(ctx, "inner")
			span.End()
		}
		if got := searched.values - before; got != 0 {
			t.Errorf("%s: 100 spans searched the whole context %d times", name, got)
		}
	}
}

// counting counts the questions that reach the end of a chain of contexts.
type counting struct {
	context.Context
	values int
}

func (c *counting) Value(key any) any {
	c.values++
	return c.Context.Value(key)
}
