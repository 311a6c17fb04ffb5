package otelbridge_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/otelbridge/propagators"
)

// rows returns the first cells of the tables of a document.
func rows(t *testing.T, document string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", document))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(text)) {
		cell, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		if ok && strings.HasPrefix(line, "| `") {
			all = append(all, strings.ReplaceAll(cell, "`", ""))
		}
	}
	return all
}

// migrating runs the test of each row of a document, and refuses rows without one.
func migrating(t *testing.T, document string, tests map[string]func(*testing.T)) {
	t.Helper()
	all := rows(t, document)
	for _, row := range all {
		test := tests[row]
		if test == nil {
			t.Errorf("%s: %q has no test", document, row)
			continue
		}
		t.Run(row, test)
	}
	for name := range tests {
		if !slices.Contains(all, name) {
			t.Errorf("%s has no row %q", document, name)
		}
	}
}

// oneSpan returns the only span that a function makes on a Bridge.
func oneSpan(t *testing.T, toml string, f func(ctx context.Context, tracer trace.Tracer)) sdktrace.ReadOnlySpan {
	t.Helper()
	b, kept := remembering(t, toml)
	f(t.Context(), b.TracerProvider().Tracer("t"))
	all := kept()
	if len(all) != 1 {
		t.Fatalf("%d spans, want one", len(all))
	}
	return all[0]
}

// keptOf returns how many of n roots are kept.
func keptOf(t *testing.T, n int, toml string) int {
	t.Helper()
	b, spans := remembering(t, toml)
	for range n {
		_, s := b.TracerProvider().Tracer("t").Start(t.Context(), "root")
		s.End()
	}
	return len(spans())
}

func value(s sdktrace.ReadOnlySpan, key attribute.Key) string {
	set := attribute.NewSet(s.Attributes()...)
	v, _ := set.Value(key)
	return v.String()
}

// Every API element of kolosys/lumen's package trace has its counterpart.
func TestMigratingFromLumen(t *testing.T) {
	t.Parallel()
	migrating(t, "migrating-lumen.md", map[string]func(*testing.T){
		"New, Options": func(t *testing.T) {
			t.Helper()
			s := oneSpan(t, "[otel]\nservice = \"shop\"\n", func(ctx context.Context, tracer trace.Tracer) {
				_, span := tracer.Start(ctx, "n")
				span.End()
			})
			if v, _ := s.Resource().Set().Value("service.name"); v.AsString() != "shop" {
				t.Errorf("service %q", v.AsString())
			}
		},
		"Default, SetDefault, Start": func(t *testing.T) {
			t.Helper()
			_, span := otel.Tracer("t").Start(t.Context(), "n") // the global one: a Bridge's after Install
			span.End()
		},
		"Tracer.Start": func(t *testing.T) {
			t.Helper()
			b, spans := remembering(t, "")
			tracer := b.TracerProvider().Tracer("t")
			ctx, parent := tracer.Start(t.Context(), "parent")
			_, child := tracer.Start(ctx, "child")
			child.End()
			parent.End()
			if all := spans(); all[0].Parent().SpanID() != all[1].SpanContext().SpanID() {
				t.Error("the child isn't below its parent")
			}
		},
		"WithAttributes, WithStartTime": func(t *testing.T) {
			t.Helper()
			s := oneSpan(t, "", func(ctx context.Context, tracer trace.Tracer) {
				_, span := tracer.Start(ctx, "n", trace.WithAttributes(attribute.String("k", "v")), trace.WithTimestamp(time.Now().Add(-time.Hour)))
				span.End()
			})
			if value(s, "k") != "v" || s.EndTime().Sub(s.StartTime()) < time.Hour {
				t.Errorf("%v, %v", s.Attributes(), s.EndTime().Sub(s.StartTime()))
			}
		},
		"TraceID, SpanID, ParentID, Name, Duration, IsSampled": func(t *testing.T) {
			t.Helper()
			s := oneSpan(t, "", func(ctx context.Context, tracer trace.Tracer) {
				_, span := tracer.Start(ctx, "n")
				if sc := span.SpanContext(); !sc.TraceID().IsValid() || !sc.SpanID().IsValid() || !sc.IsSampled() || len(sc.TraceID().String()) != 32 {
					t.Errorf("%+v", sc)
				}
				span.End()
				if !span.SpanContext().IsValid() {
					t.Error("ids are gone after End")
				}
			})
			if s.Name() != "n" || s.Parent().IsValid() || s.EndTime().Before(s.StartTime()) {
				t.Errorf("%v", s)
			}
		},
		"SetAttribute, SetAttributes": func(t *testing.T) {
			t.Helper()
			s := oneSpan(t, "", func(ctx context.Context, tracer trace.Tracer) {
				_, span := tracer.Start(ctx, "n")
				span.SetAttributes(attribute.Int("a", 1))
				span.SetAttributes(attribute.Int("a", 2))
				span.End()
				span.SetAttributes(attribute.Int("late", 1))
			})
			if value(s, "a") != "2" || len(s.Attributes()) != 1 {
				t.Errorf("%v", s.Attributes())
			}
		},
		"AddEvent": func(t *testing.T) {
			t.Helper()
			s := oneSpan(t, "", func(ctx context.Context, tracer trace.Tracer) {
				_, span := tracer.Start(ctx, "n")
				span.AddEvent("cache.miss", trace.WithAttributes(attribute.Bool("b", true)))
				span.End()
			})
			if len(s.Events()) != 1 || s.Events()[0].Name != "cache.miss" || s.Events()[0].Time.IsZero() {
				t.Errorf("%v", s.Events())
			}
		},
		"SetStatus": func(t *testing.T) {
			t.Helper()
			s := oneSpan(t, "", func(ctx context.Context, tracer trace.Tracer) {
				_, span := tracer.Start(ctx, "n")
				span.SetStatus(codes.Ok, "")
				span.SetStatus(codes.Error, "later, but ok wins")
				span.End()
			})
			if s.Status().Code != codes.Ok {
				t.Errorf("%v", s.Status())
			}
		},
		"RecordError": func(t *testing.T) {
			t.Helper()
			s := oneSpan(t, "", func(ctx context.Context, tracer trace.Tracer) {
				_, span := tracer.Start(ctx, "n")
				err := errors.New("no stock")
				span.RecordError(err)
				span.SetStatus(codes.Error, err.Error()) // lumen's RecordError does both
				span.End()
			})
			if s.Status().Code != codes.Error || len(s.Events()) != 1 || s.Events()[0].Name != "exception" {
				t.Errorf("%v, %v", s.Status(), s.Events())
			}
		},
		"End": func(t *testing.T) {
			t.Helper()
			oneSpan(t, "", func(ctx context.Context, tracer trace.Tracer) {
				_, span := tracer.Start(ctx, "n")
				span.End()
				span.End()
			})
		},
		"EndFunc": func(t *testing.T) {
			t.Helper()
			b, spans := remembering(t, "")
			_ = func() (err error) {
				span := b.Hook().Begin(tracehook.NewMeta(), "n", nil)
				defer span.End(&err)
				return errors.New("no stock")
			}()
			if s := spans()[0]; s.Status().Code != codes.Error || s.Status().Description != "no stock" {
				t.Errorf("%v", s.Status())
			}
		},
		"AlwaysSample": func(t *testing.T) {
			t.Helper()
			if n := keptOf(t, 100, ""); n != 100 {
				t.Errorf("%d of 100", n)
			}
		},
		"NeverSample": func(t *testing.T) {
			t.Helper()
			if n := keptOf(t, 100, "[trace.m.sample]\nrate = 0\nerror = false\n"); n != 0 {
				t.Errorf("%d of 100", n)
			}
		},
		"RatioSample": func(t *testing.T) {
			t.Helper()
			if n := keptOf(t, 1000, "[trace.m.sample]\nrate = 0.29\nkey = \"counter\"\n"); n != 290 {
				t.Errorf("%d of 1000, want exactly 290", n)
			}
		},
		"TraceIDRatioSample": func(t *testing.T) {
			t.Helper()
			if n := keptOf(t, 2000, "[trace.m.sample]\nrate = 0.1\n"); n < 140 || n > 260 {
				t.Errorf("%d of 2000, want about 200", n)
			}
		},
		"ParentBasedSample": func(t *testing.T) {
			t.Helper()
			b, spans := remembering(t, "[trace.m.sample]\nrate = 0.0001\n")
			for _, flag := range []string{"00", "01"} {
				ctx := b.Propagator().Extract(t.Context(), propagation.MapCarrier{"traceparent": "00-0102030405060708ffffffffffffffff-0102030405060708-" + flag})
				_, span := b.TracerProvider().Tracer("t").Start(ctx, flag)
				if span.SpanContext().IsSampled() != (flag == "01") {
					t.Errorf("flag %s is not passed on", flag)
				}
				span.End()
			}
			if all := spans(); len(all) != 1 || all[0].Name() != "01" {
				t.Errorf("%d spans are kept", len(all))
			}
		},
		"Sampler": func(t *testing.T) {
			t.Helper()
			b, spans := remembering(t, "")
			tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(b.SamplerOver(nameSampler{})), sdktrace.WithSpanProcessor(b.SpanProcessor()))
			for _, name := range []string{"keep", "leave"} {
				_, span := tp.Tracer("t").Start(t.Context(), name)
				span.End()
			}
			if all := spans(); len(all) != 2 { // connections decide for themselves
				t.Errorf("%d spans", len(all))
			}
		},
		"Exporter": func(t *testing.T) {
			t.Helper()
			got := 0
			cfg, err := config.Parse([]byte("[trace]\ndriver = \"mine\"\n"), "toml")
			if err != nil {
				t.Fatal(err)
			}
			b, err := otelbridge.New(t.Context(), cfg, otelbridge.WithDriver("mine", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) {
				return counting{&got}, nil
			}))
			if err != nil {
				t.Fatal(err)
			}
			_, span := b.TracerProvider().Tracer("t").Start(t.Context(), "n")
			span.End()
			if err := b.Shutdown(t.Context()); err != nil || got != 1 {
				t.Errorf("%v, %d spans", err, got)
			}
		},
		"WriterExporter": func(t *testing.T) {
			t.Helper()
			var out strings.Builder
			cfg, err := config.Parse([]byte("[trace]\njson = true\nfields = { trace_id = \"trace_id\", span_id = \"span_id\", parent_span_id = \"parent_id\", name = \"name\", start_time_unix_nano = \"start_time_ns\", end_time_unix_nano = \"end_time_ns\", duration_nano = \"duration_ns\", status = \"status\", status_message = \"status_message\", attributes = \"attributes\", events = \"events\" }\n"), "toml")
			if err != nil {
				t.Fatal(err)
			}
			b, err := otelbridge.New(t.Context(), cfg, otelbridge.WithOutput(&out, &out))
			if err != nil {
				t.Fatal(err)
			}
			_, span := b.TracerProvider().Tracer("t").Start(t.Context(), "n")
			span.End()
			if err := b.Shutdown(t.Context()); err != nil || !strings.Contains(out.String(), `"duration_ns":`) || !strings.Contains(out.String(), `"start_time_ns":`) {
				t.Errorf("%v, %s", err, &out)
			}
		},
		"InMemoryExporter": func(t *testing.T) {
			t.Helper()
			if n := keptOf(t, 3, ""); n != 3 { // exporter/memory
				t.Errorf("%d spans", n)
			}
		},
		"Carrier, MapCarrier": func(t *testing.T) {
			t.Helper()
			c := propagation.MapCarrier{}
			c.Set("k", "v")
			if c.Get("k") != "v" || len(c.Keys()) != 1 {
				t.Errorf("%v", c)
			}
		},
		"W3CPropagator": func(t *testing.T) { t.Helper(); carries(t, "tracecontext", "traceparent") },
		"HeaderPropagator": func(t *testing.T) {
			t.Helper()
			carries(t, "headers", "X-Trace-ID")
			own := propagators.Headers{TraceID: "My-Trace", SpanID: "My-Span"}
			if !slices.Equal(own.Fields(), []string{"My-Trace", "My-Span"}) {
				t.Errorf("%v", own.Fields())
			}
		},
		"CompositePropagator, DefaultPropagator, PropagationFormat": func(t *testing.T) {
			t.Helper()
			carries(t, "tracecontext\", \"headers", "traceparent")
			carries(t, "tracecontext\", \"headers", "X-Trace-ID")
		},
		"ContextWithSpan, SpanFromContext, ContextWithTraceContext, TraceContextFromContext": func(t *testing.T) {
			t.Helper()
			sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}})
			ctx := trace.ContextWithRemoteSpanContext(t.Context(), sc)
			if got := trace.SpanContextFromContext(trace.ContextWithSpan(t.Context(), trace.SpanFromContext(ctx))); got.TraceID() != sc.TraceID() {
				t.Errorf("%+v", got)
			}
		},
		"ParseW3CTraceparent, TraceContext.FormatW3CTraceparent, ParseHeaders": func(t *testing.T) {
			t.Helper()
			b, _ := remembering(t, "")
			m := tracehook.NewMeta()
			const parent = "00-0102030405060708ffffffffffffffff-0102030405060708-01"
			if !m.ParseTraceParent(parent) || m.TraceParent() != parent || m.ParseTraceParent("rubbish") {
				t.Errorf("%q", m.TraceParent())
			}
			_ = b
		},
		"AsyncExport, AsyncBufferSize, Close": func(t *testing.T) {
			t.Helper()
			for _, sync := range []string{"", "[trace.n]\ndriver = \"none\"\nsync = true\n"} {
				if n := keptOf(t, 50, sync); n != 50 {
					t.Errorf("%d of 50", n)
				}
			}
		},
		"MaxSpansPerSecond": func(t *testing.T) {
			t.Helper()
			if n := keptOf(t, 100, "[trace.m.sample]\nlimit = 5\n"); n < 5 || n > 20 {
				t.Errorf("%d of 100 within a moment, want about 5", n)
			}
		},
		"ErrInvalidTraceID, ErrInvalidSpanID, ErrInvalidContext": func(t *testing.T) {
			t.Helper()
			if _, err := trace.TraceIDFromHex("x"); err == nil {
				t.Error("no error")
			}
			if _, err := trace.SpanIDFromHex("x"); err == nil {
				t.Error("no error")
			}
		},
		"ionadapt.Tracer": func(t *testing.T) {
			t.Helper()
			b, spans := remembering(t, "")
			start := func(ctx context.Context, name string) (context.Context, func(error)) {
				m := otelbridge.MetaFrom(ctx)
				span := b.Hook().Begin(m, name, nil)
				return m.Context(), func(err error) { span.End(err) }
			}
			_, finish := start(t.Context(), "n")
			finish(errors.New("no stock"))
			if s := spans()[0]; s.Status().Code != codes.Error {
				t.Errorf("%v", s.Status())
			}
		},
		"span.TraceID().String() in logs": func(t *testing.T) {
			t.Helper()
			var out strings.Builder
			log := slog.New(&otelbridge.LogHandler{Handler: slog.NewJSONHandler(&out, nil)})
			sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}})
			log.InfoContext(trace.ContextWithSpanContext(t.Context(), sc), "x")
			if !strings.Contains(out.String(), sc.TraceID().String()) {
				t.Error(out.String())
			}
		},
	})
}

// carries checks that a propagator writes a header that it reads again.
func carries(t *testing.T, names, header string) {
	t.Helper()
	b, _ := remembering(t, "[otel]\npropagators = [\""+names+"\"]\n")
	ctx, span := b.TracerProvider().Tracer("t").Start(t.Context(), "n")
	defer span.End()
	c := propagation.MapCarrier{}
	b.Propagator().Inject(ctx, c)
	if c[header] == "" || trace.SpanContextFromContext(b.Propagator().Extract(t.Context(), c)).TraceID() != span.SpanContext().TraceID() {
		t.Errorf("%s: %v", names, c)
	}
}

type nameSampler struct{}

func (nameSampler) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	r := sdktrace.SamplingResult{Decision: sdktrace.Drop, Tracestate: trace.SpanContextFromContext(p.ParentContext).TraceState()}
	if p.Name == "keep" {
		r.Decision = sdktrace.RecordAndSample
	}
	return r
}

func (nameSampler) Description() string { return "by name" }

type counting struct{ n *int }

func (c counting) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	*c.n += len(spans)
	return nil
}

func (counting) Shutdown(context.Context) error { return nil }
