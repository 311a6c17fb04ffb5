package bridge_test

import (
	"fmt"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge"
)

// Where weights are written is a matter of each connection and, for the wire, of [otel].
func TestWeightsFromTheConfiguration(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ toml, wire, exported string }{
		{"[trace]\ndriver = \"kept\"\n", "", ""},
		{"[trace]\ndriver = \"kept\"\nweights = \"ALWAYS\"\n", "", "ot=th:0"},
		{"[trace]\ndriver = \"kept\"\n[otel]\nweights = \"always\"\n", "ot=th:0", ""},
		{"[trace]\ndriver = \"kept\"\nweights = \"always\"\n[otel]\nweights = \"never\"\n", "", "ot=th:0"},
	} {
		b, kept := newBridge(t, tc.toml)
		ctx, span := b.TracerProvider().Tracer("test").Start(t.Context(), "x")
		if got := trace.SpanContextFromContext(ctx).TraceState().String(); got != tc.wire {
			t.Errorf("%s: the wire has %q, want %q", tc.toml, got, tc.wire)
		}
		span.End()
		if err := b.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := kept.Spans()[0].SpanContext().TraceState().String(); got != tc.exported {
			t.Errorf("%s: exported with %q, want %q", tc.toml, got, tc.exported)
		}
	}
}

// A reload changes what is believed and written at once, and keeps the exporter.
func TestWireSettingsAreReloaded(t *testing.T) {
	t.Parallel()
	b, kept := newBridge(t, "[trace]\ndriver = \"kept\"\n")
	if err := b.Reload(t.Context(), parse(t, "[trace]\ndriver = \"kept\"\nweights = \"always\"\n[otel]\nweights = \"always\"\nmax_weight = 4\n")); err != nil {
		t.Fatal(err)
	}
	if got := b.Stats().LastReload.NeedsRestart; got != nil {
		t.Errorf("%v needs a restart", got)
	}
	for _, th := range []string{"th:4", "th:f"} {
		ctx := trace.ContextWithRemoteSpanContext(t.Context(), remoteParent(t, "ot="+th))
		_, span := b.TracerProvider().Tracer("test").Start(ctx, th)
		span.End()
	}
	end(t, b, "root")
	got := map[string]string{}
	for _, s := range kept.Spans() {
		got[s.Name()] = s.SpanContext().TraceState().Get("ot")
	}
	if want := map[string]string{"th:4": "th:4", "th:f": "th:0", "root": "th:0"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("exported with %v, want %v", got, want)
	}
}

func remoteParent(t *testing.T, tracestate string) trace.SpanContext {
	t.Helper()
	ts, err := trace.ParseTraceState(tracestate)
	if err != nil {
		t.Fatal(err)
	}
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{0: 1, 9: 255, 15: 1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled, TraceState: ts, Remote: true,
	})
}

// A parent without th counts as one, or as unknown if that is asked for.
func TestParentsWithoutThFromTheConfiguration(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{"one": "th:8", "unknown": ""} {
		b, kept := newBridge(t, "[trace]\ndriver = \"kept\"\nsample = 0.5\n[otel]\nparent_without_th = \""+word+"\"\n")
		_, span := b.TracerProvider().Tracer("test").Start(trace.ContextWithRemoteSpanContext(t.Context(), remoteParent(t, "")), "x")
		span.End()
		if err := b.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := kept.Spans()[0].SpanContext().TraceState().Get("ot"); got != want {
			t.Errorf("%s: exported with %q, want %q", word, got, want)
		}
	}
}

// An edge begins a new trace, linked to the caller's or not, for the Bridge's propagator and for
// the hook; another propagator's request keeps its ids, but nothing that they or the caller say
// about sampling counts.
func TestEdgeFromTheConfiguration(t *testing.T) {
	t.Parallel()
	carrier := propagation.MapCarrier{
		"traceparent": "00-0102030405060708ffffffffffffffff-0102030405060708-01",
		"tracestate":  "ot=rv:ffffffffffffff,v=1", "baggage": "user=stranger",
	}
	const stranger = "0102030405060708ffffffffffffffff"
	for word, links := range map[string]int{"continue": 0, "restart": 1, "ignore": 0} {
		b, kept := newBridge(t, "[trace]\ndriver = \"kept\"\n[otel]\nedge = \""+word+"\"\n")
		ctx := b.Propagator().Extract(t.Context(), carrier)
		if got := baggage.FromContext(ctx).Len(); (got > 0) != (word == "continue") {
			t.Errorf("%s: %d members of baggage", word, got)
		}
		ctx, span := b.TracerProvider().Tracer("test").Start(ctx, "server")
		_, child := b.TracerProvider().Tracer("test").Start(ctx, "child")
		child.End()
		span.End()
		m := tracehook.NewMeta()
		if hook, ok := b.Hook().(interface {
			Extract(*tracehook.Meta, propagation.TextMapCarrier) bool
		}); !ok {
			t.Fatal("the hook can't extract")
		} else if found := hook.Extract(m, carrier); found != (word == "continue") {
			t.Errorf("%s: the hook has found a parent: %v", word, found)
		}
		b.Hook().Begin(m, "hook", nil).End()
		if err := b.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, s := range kept.Spans() {
			id := s.SpanContext().TraceID().String()
			if (id == stranger) != (word == "continue") {
				t.Errorf("%s: %s is in trace %s", word, s.Name(), id)
			}
			want := links
			if s.Name() == "child" {
				want = 0
			}
			if got := len(s.Links()); got != want {
				t.Errorf("%s: %s has %d links, want %d", word, s.Name(), got, want)
			}
			for _, l := range s.Links() {
				if l.SpanContext.TraceID().String() != stranger {
					t.Errorf("%s: linked to %v", word, l.SpanContext.TraceID())
				}
			}
		}
		if got := names(kept)["server"]; got != 1 {
			t.Errorf("%s: kept %v", word, names(kept))
		}
	}
}

// 200 requests of a stranger who has chosen the trace id.
func TestStrangersTraceIdsBuyNothingBehindAnEdge(t *testing.T) {
	t.Parallel()
	for name, propagator := range map[string]func(*otelbridge.Bridge) propagation.TextMapPropagator{
		"the Bridge's propagator": (*otelbridge.Bridge).Propagator,
		"another propagator":      func(*otelbridge.Bridge) propagation.TextMapPropagator { return propagation.TraceContext{} },
	} {
		b, kept := newBridge(t, "[trace]\ndriver = \"kept\"\nsample = 0.0001\n[otel]\nedge = \"ignore\"\n")
		for i := range 200 {
			ctx := propagator(b).Extract(t.Context(), propagation.MapCarrier{
				"traceparent": fmt.Sprintf("00-%016xffffffffffffffff-0102030405060708-01", i+1),
			})
			_, span := b.TracerProvider().Tracer("test").Start(ctx, "request")
			span.End()
		}
		if err := b.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := kept.Len(); got > 1 {
			t.Errorf("%s: %d of 200 were kept", name, got)
		}
	}
}

// One forged request moves no account of any connection by more than the largest weight, or one
// over the connection's own rate; behind an edge by nothing beyond what any request would.
func TestForgedRequestsInTheAccounts(t *testing.T) {
	t.Parallel()
	const sampled = "-0102030405060708-01"
	for _, edge := range []string{"continue", "restart", "ignore"} {
		for _, parent := range []string{"respect", "ignore"} {
			b, _ := newBridge(t, fmt.Sprintf(`
[otel]
edge = %q
[trace.all]
driver = "kept"
sample = { parent = %q }
[trace.few]
driver = "kept"
sample = { rate = 0.001, parent = %q }
`, edge, parent, parent))
			requests := 0
			for _, th := range []string{"th:0", "th:8", "th:fffff", "th:ffffffffffffff", ""} {
				for _, rv := range []string{"rv:ffffffffffffff", "rv:00000000000000", ""} {
					ctx := propagation.TraceContext{}.Extract(t.Context(), propagation.MapCarrier{
						"traceparent": fmt.Sprintf("00-%016xffffffffffffffff", requests+1) + sampled,
						"tracestate":  strings.Trim("ot="+th+";"+rv, ";"),
					})
					_, span := b.TracerProvider().Tracer("test").Start(ctx, "request")
					span.End()
					requests++
				}
			}
			if err := b.ForceFlush(t.Context()); err != nil {
				t.Fatal(err)
			}
			st := b.Stats()
			for name, each := range map[string]float64{"all": 1, "few": 1000.2} {
				most := each
				if edge == "continue" && parent == "respect" {
					most = max(each, 1<<20)
				}
				c := st.Connections[name]
				if c.Adjusted.Exported > float64(requests)*most {
					t.Errorf("edge %s, parent %s: %d requests count as %v on %s", edge, parent, requests, c.Adjusted.Exported, name)
				}
				if edge != "continue" && name == "few" && c.Exported > 2 {
					t.Errorf("edge %s, parent %s: %d of %d requests were kept at 0.001", edge, parent, c.Exported, requests)
				}
			}
		}
	}
}
