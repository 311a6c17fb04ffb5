package otelbridge_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/otelbridge/propagators"
)

const requestIDs = "[otel]\npropagators = [\"request-id\"]\nrequest_id = { honor = true }\n"

// handled handles one request as SpirentOrion's Handler does, and returns what next got and what came back.
func handled(b *otelbridge.Bridge, header string, next http.HandlerFunc) http.Header {
	m := &otelbridge.Middleware{
		Tracer:  otelbridge.EntryTracer{Hook: b.Hook(), Propagator: b.Propagator()},
		Key:     func(r *http.Request) string { return r.Method + " " + r.URL.Path },
		Respond: propagators.RequestID{}.Respond,
	}
	w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/foo/bar?q=1", http.NoBody)
	if header != "" {
		r.Header.Set("X-Request-Id", header)
	}
	m.Handler(next).ServeHTTP(w, r)
	return w.Header()
}

// fileOf returns what a driver has written for one request with two children.
func fileOf(t *testing.T, driver string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trace.out")
	cfg, err := config.Parse([]byte(requestIDs+"[trace]\ndriver = \""+driver+"\"\nsetting = { path = \""+path+"\" }\n"), "toml")
	if err != nil {
		t.Fatal(err)
	}
	b, err := otelbridge.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	hook := b.Hook()
	handled(b, "", func(_ http.ResponseWriter, r *http.Request) {
		m := otelbridge.MetaFrom(r.Context())
		hook.Begin(m, "sub1", tracehook.Map{"rows": 3}).End()
		hook.Begin(m, "sub2", nil).End()
	})
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every API element of SpirentOrion/trace has its counterpart.
func TestMigratingFromSpirentOrion(t *testing.T) {
	t.Parallel()
	migrating(t, "migrating-spirentorion.md", map[string]func(*testing.T){
		"GenerateId": func(t *testing.T) {
			t.Helper()
			traceID, spanID := propagators.IDGenerator{}.NewIDs(t.Context())
			if [8]byte(traceID[:8]) != [8]byte{} || traceID[8] > 0x7f || spanID[0] > 0x7f || !spanID.IsValid() {
				t.Errorf("%v %v aren't of 63 bits", traceID, spanID)
			}
		},
		"Span, Data": func(t *testing.T) {
			t.Helper()
			s := oneSpan(t, requestIDs, func(ctx context.Context, tracer trace.Tracer) {
				_, span := tracer.Start(ctx, "n", trace.WithAttributes(attribute.Int("rows", 3), attribute.String("name", "no panic")))
				span.End()
			})
			if value(s, "rows") != "3" || value(s, "name") != "no panic" {
				t.Errorf("%v", s.Attributes())
			}
		},
		"Process": func(t *testing.T) {
			t.Helper()
			if text := fileOf(t, "yaml"); !strings.Contains(text, "process: ") || !strings.Contains(text, "@") {
				t.Error(text)
			}
		},
		"Record": func(t *testing.T) {
			t.Helper()
			if n := keptOf(t, 3, ""); n != 3 {
				t.Errorf("%d spans", n)
			}
		},
		"trace recording isn't active": func(t *testing.T) {
			t.Helper()
			var none *otelbridge.Bridge
			_, span := none.TracerProvider().Tracer("t").Start(t.Context(), "n")
			span.End()
		},
		"New, MaybeNew": func(t *testing.T) {
			t.Helper()
			b, spans := remembering(t, requestIDs)
			for _, id := range []string{"", "11"} { // a caller's id is honored
				ctx := t.Context()
				if id != "" {
					ctx = b.Propagator().Extract(ctx, propagation.MapCarrier{"X-Request-Id": id + ":22"})
				}
				_, span := b.TracerProvider().Tracer("t").Start(ctx, "n")
				span.End()
			}
			if all := spans(); all[1].SpanContext().TraceID() != (trace.TraceID{15: 11}) || all[0].SpanContext().TraceID() == all[1].SpanContext().TraceID() {
				t.Errorf("%v", all[1].SpanContext())
			}
		},
		"Continue, MaybeContinue": func(t *testing.T) {
			t.Helper()
			b, spans := remembering(t, "")
			tracer := b.TracerProvider().Tracer("t")
			ctx, parent := tracer.Start(t.Context(), "parent")
			_, child := tracer.Start(ctx, "child")
			child.End()
			parent.End()
			if all := spans(); all[0].Parent().SpanID() != parent.SpanContext().SpanID() {
				t.Errorf("%v", all[0].Parent())
			}
		},
		"Run, Go": func(t *testing.T) {
			t.Helper()
			b, spans := remembering(t, "")
			tracer := otelbridge.EntryTracer{Hook: b.Hook(), Propagator: b.Propagator()}
			done := make(chan error)
			err := tracer.Invoke(t.Context(), "service", "work", func(ctx context.Context) error {
				go func() { // the context goes along
					done <- tracer.Invoke(ctx, "method", "sub1", func(context.Context) error { return nil })
				}()
				return <-done
			})
			if all := spans(); err != nil || len(all) != 2 || all[0].Parent().SpanID() != all[1].SpanContext().SpanID() {
				t.Errorf("%v, %d spans", err, len(all))
			}
		},
		"CurrentSpanId, CurrentTraceId": func(t *testing.T) {
			t.Helper()
			if trace.SpanContextFromContext(t.Context()).IsValid() {
				t.Error("there is a span outside of all")
			}
		},
		"Handler": func(t *testing.T) {
			t.Helper()
			b, spans := remembering(t, requestIDs)
			handled(b, "", func(http.ResponseWriter, *http.Request) {})
			if s := spans()[0]; s.Name() != "http:GET /foo/bar" || s.SpanKind() != trace.SpanKindServer {
				t.Errorf("%s", s.Name())
			}
		},
		"Handler.HonorReqHeader": func(t *testing.T) {
			t.Helper()
			for header, honored := range map[string]bool{"11:22": true, "11": false, "11:22:33xyz": false} {
				b, spans := remembering(t, requestIDs)
				handled(b, header, func(http.ResponseWriter, *http.Request) {})
				if s := spans()[0]; (s.Parent().SpanID() == trace.SpanID{7: 22}) != honored {
					t.Errorf("%s: parent %v", header, s.Parent())
				}
			}
			b, spans := remembering(t, strings.Replace(requestIDs, "true", "false", 1))
			handled(b, "11:22", func(http.ResponseWriter, *http.Request) {})
			if s := spans()[0]; s.Parent().IsValid() {
				t.Error("a header that isn't honored counts")
			}
		},
		"Handler.AddRespHeader": func(t *testing.T) {
			t.Helper()
			b, _ := remembering(t, requestIDs)
			next := propagation.MapCarrier{}
			back := handled(b, "", func(_ http.ResponseWriter, r *http.Request) { b.Propagator().Inject(r.Context(), next) })
			id, err := strconv.ParseInt(back.Get("X-Request-Id"), 10, 64)
			if err != nil || id <= 0 || !strings.HasPrefix(next["X-Request-Id"], back.Get("X-Request-Id")+":") {
				t.Errorf("response %v, next request %v", back, next)
			}
		},
		"yamlrec.New": func(t *testing.T) {
			t.Helper()
			if text := fileOf(t, "yaml"); strings.Count(text, "---\n") != 3 || !strings.Contains(text, "name: sub1") || !strings.Contains(text, "rows: 3") {
				t.Error(text)
			}
		},
		"dynamorec.New": func(t *testing.T) {
			t.Helper()
			if _, err := os.Stat(filepath.Join("..", "exporter", "dynamodb", "go.mod")); err != nil {
				t.Error(err) // it has its own tests
			}
		},
	})
}
