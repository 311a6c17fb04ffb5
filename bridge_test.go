package tracehook_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/test/locked"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("internal/poll.runtime_pollWait"))
}

func parse(t *testing.T, toml string) config.Config {
	t.Helper()
	cfg, err := config.Parse([]byte(toml), "toml")
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// newBridge builds a Bridge whose console writes to the returned buffers, and shuts it
// down with the test.
func newBridge(t *testing.T, cfg config.Config, opts ...otelbridge.Option) (b *otelbridge.Bridge, stdout, stderr *locked.Buffer) {
	t.Helper()
	stdout, stderr = &locked.Buffer{}, &locked.Buffer{}
	b, err := otelbridge.New(t.Context(), cfg, append(opts, otelbridge.WithOutput(stdout, stderr))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Shutdown(context.WithoutCancel(t.Context())) })
	return b, stdout, stderr
}

// span is what both outputs say of a span, under the names of this test's configuration.
type span struct {
	Trace  string `json:"trace_id"`
	Span   string `json:"span_id"`
	Parent string `json:"parent_span_id"`
	Name   string `json:"name"`
	Status string `json:"status"`
}

func readSpans(t *testing.T, lines string) []span {
	t.Helper()
	var spans []span
	for line := range strings.Lines(lines) {
		var s span
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatalf("not a JSON line: %q: %v", line, err)
		}
		spans = append(spans, s)
	}
	return spans
}

// byName returns the spans by name; each name must occur once.
func byName(t *testing.T, spans []span) map[string]span {
	t.Helper()
	m := map[string]span{}
	for _, s := range spans {
		if _, twice := m[s.Name]; twice {
			t.Fatalf("two spans called %q", s.Name)
		}
		m[s.Name] = s
	}
	return m
}

func dualWrite(dir string) string {
	return `
[trace.console]
driver = "default"
json = true
[trace.file]
driver = "file"
json = true
[trace.file.setting]
store = "` + filepath.ToSlash(dir) + `"
output = "trace.log"
`
}

func TestOneTraceRunsThroughEveryAPIIntoBothOutputs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bridge, stdout, stderr := newBridge(t, parse(t, dualWrite(dir)))
	tp := bridge.TracerProvider()
	hook := bridge.Hook()

	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		meta := tracehook.NewMeta().WithContext(r.Context())
		service := hook.Begin(meta, "service:user.login", tracehook.TraceAttrs("user", tracehook.TraceKindServer, "login"))
		_, query := tp.Tracer("app").Start(meta.Context(), "db.query")
		query.End()
		if err := hook.Trace(meta, "user.login.failed", "error", tracehook.Map{"error": "invalid password"}); err != nil {
			t.Error(err)
		}
		service.End()
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := bridge.Propagator().Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := tp.Tracer("server").Start(ctx, "GET", trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		handler(w, r.WithContext(ctx))
	}))
	defer server.Close()
	ctx, request := tp.Tracer("client").Start(t.Context(), "HTTP GET", trace.WithSpanKind(trace.SpanKindClient))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	bridge.Propagator().Inject(ctx, propagation.HeaderCarrier(req.Header))
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	request.End()
	server.Close() // waits for the handler, and with it for its span
	if err := bridge.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}

	data, err := os.ReadFile(filepath.Join(dir, "trace.log"))
	if err != nil {
		t.Fatal(err)
	}
	inFile := byName(t, readSpans(t, string(data)))
	onConsole := byName(t, readSpans(t, stdout.String()+stderr.String()))
	if diff := cmp.Diff(inFile, onConsole); diff != "" {
		t.Errorf("the two outputs differ (-file +console):\n%s", diff)
	}
	order := []string{"HTTP GET", "GET", "service:user.login", "db.query", "user.login.failed"}
	if len(inFile) != len(order) {
		t.Fatalf("got spans %v, want %v", inFile, order)
	}
	parents := map[string]string{"HTTP GET": "", "GET": "HTTP GET", "service:user.login": "GET", "db.query": "service:user.login", "user.login.failed": "service:user.login"}
	for name, parent := range parents {
		s, ok := inFile[name]
		if !ok {
			t.Fatalf("no span %q in %v", name, inFile)
		}
		if s.Trace != inFile["HTTP GET"].Trace {
			t.Errorf("%q is in trace %s, the client's is %s", name, s.Trace, inFile["HTTP GET"].Trace)
		}
		if want := inFile[parent].Span; s.Parent != want {
			t.Errorf("%q has parent %q, want that of %q, %q", name, s.Parent, parent, want)
		}
	}
	if got := readSpans(t, stderr.String()); len(got) != 1 || got[0].Name != "user.login.failed" || got[0].Status != "error" {
		t.Errorf("standard error has %v, want the failed event alone", got)
	}
}

func TestLedgerAddsUpForEachConnection(t *testing.T) {
	t.Parallel()
	bridge, _, _ := newBridge(t, parse(t, `
[trace.all]
driver = "none"
[trace.tenth]
driver = "none"
overflow = "drop"
[trace.tenth.sample]
rate = 0.1
rules = [ { name = "http:*", sample = 0.5 } ]
[trace.errors]
driver = "none"
sample = 0
`))
	tracer := bridge.TracerProvider().Tracer("test")
	const spans = 20_000
	hook := bridge.Hook()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			meta := tracehook.NewMeta()
			for i := range spans / 8 {
				switch i % 4 {
				case 0:
					_, s := tracer.Start(t.Context(), "http:users")
					s.End()
				case 1:
					hook.Begin(meta, "service:fails", nil).End(errors.New("no"))
				default:
					hook.Begin(meta, "service:works", nil).End()
				}
			}
		})
	}
	wg.Wait()
	if err := bridge.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, c := range bridge.Stats().Connections {
		if c.Offered != spans {
			t.Errorf("%s: offered %d, want %d", name, c.Offered, spans)
		}
		if got := c.SampledOut + c.RateLimited + c.Dropped.Total() + c.Accepted; got != c.Offered {
			t.Errorf("%s: offered %d, but %d are accounted for", name, c.Offered, got)
		}
		if got := c.Pending + c.Abandoned + c.Exported + c.Failed + c.Spooled; got != c.Accepted {
			t.Errorf("%s: accepted %d, but %d are accounted for", name, c.Accepted, got)
		}
	}
	if c := bridge.Stats().Connections["errors"]; c.Exported != spans/4 {
		t.Errorf("errors: exported %d, want %d", c.Exported, spans/4)
	}
}

func TestAnApplicationsOwnProviderIsServed(t *testing.T) {
	t.Parallel()
	bridge, stdout, _ := newBridge(t, parse(t, "[trace]\njson = true\n"))
	tp := sdktrace.NewTracerProvider()
	tp.RegisterSpanProcessor(bridge.SpanProcessor())
	hook := bridge.HookFor(tp)

	ctx, outer := tp.Tracer("app").Start(t.Context(), "outer")
	meta := tracehook.NewMeta().WithContext(ctx)
	inner := hook.Begin(meta, "inner", nil)
	if got := trace.SpanFromContext(meta.Context()).SpanContext().TraceID(); got != outer.SpanContext().TraceID() {
		t.Errorf("Begin started trace %s below %s", got, outer.SpanContext().TraceID())
	}
	inner.End()
	outer.End()
	if err := tp.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	spans := byName(t, readSpans(t, stdout.String()))
	if spans["inner"].Parent != spans["outer"].Span {
		t.Errorf("inner's parent is %q, want %q", spans["inner"].Parent, spans["outer"].Span)
	}
}

func TestDisabledKeepsNothingAndMakesValidIDs(t *testing.T) {
	t.Parallel()
	cfg, err := config.Parse([]byte("[trace]\njson = true\n"), "toml",
		config.WithEnviron(func() []string { return []string{"OTEL_SDK_DISABLED=true"} }))
	if err != nil {
		t.Fatal(err)
	}
	bridge, stdout, stderr := newBridge(t, cfg)
	meta := tracehook.NewMeta()
	s := bridge.Hook().Begin(meta, "service:any", nil)
	sc := trace.SpanContextFromContext(meta.Context())
	if !sc.IsValid() || sc.IsSampled() {
		t.Errorf("span context %v: want valid ids, not sampled", sc)
	}
	s.End(errors.New("kept by nobody"))
	if err := bridge.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out := stdout.String() + stderr.String(); out != "" {
		t.Errorf("a disabled bridge wrote %q", out)
	}
}

func TestReloadSwapsRulesAndKeepsTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bridge, _, _ := newBridge(t, parse(t, dualWrite(dir)))
	tracer := bridge.TracerProvider().Tracer("test")
	end := func(name string) {
		_, s := tracer.Start(t.Context(), name)
		s.End()
	}
	end("before")
	next := strings.Replace(dualWrite(dir), "[trace.file.setting]", "sample = 0\n[trace.file.setting]", 1)
	if err := bridge.Reload(t.Context(), parse(t, next)); err != nil {
		t.Fatal(err)
	}
	end("after")
	bad := parse(t, "[trace.file]\ndriver = \"fil\"\n")
	if err := bridge.Reload(t.Context(), bad); err == nil || !strings.Contains(err.Error(), `"file"`) {
		t.Errorf("a bad configuration gave %v, want an error that names the nearest driver", err)
	}
	if r := bridge.Stats().LastReload; r == nil || r.OK || r.Count != 2 || r.Error == "" {
		t.Errorf("last reload is %+v, want a refused second one", r)
	}
	if err := bridge.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "trace.log"))
	if err != nil {
		t.Fatal(err)
	}
	if spans := byName(t, readSpans(t, string(data))); len(spans) != 1 || spans["before"].Name == "" {
		t.Errorf("the file has %v, want only what ended before the rate became 0", spans)
	}
	if c := bridge.Stats().Connections["file"]; c.Offered != 2 || c.SampledOut != 1 || c.Exported != 1 {
		t.Errorf("the file's counters are %+v: they must go on over the reload", c)
	}
	if err := bridge.Reload(t.Context(), parse(t, next)); err == nil {
		t.Error("a reload after Shutdown was accepted")
	}
}

func TestShutdownCountsWhatEndsLater(t *testing.T) {
	t.Parallel()
	bridge, _, _ := newBridge(t, parse(t, "[trace]\ndriver = \"none\"\n"))
	_, s := bridge.TracerProvider().Tracer("test").Start(t.Context(), "late")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := bridge.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	s.End()
	if c := bridge.Stats().Connections["default"]; c.Dropped.Closed != 1 || c.Offered != 1 {
		t.Errorf("a span that ended after Shutdown left %+v, want one dropped.closed", c)
	}
}

// Nobody decides about what ends after Shutdown, so each such span stands for itself, whatever
// threshold it carries.
func TestLateSpansStandForThemselves(t *testing.T) {
	t.Parallel()
	bridge, _, _ := newBridge(t, parse(t, "[trace]\ndriver = \"none\"\nsample = 0.1\n"))
	const spans = 2000
	var open []trace.Span
	for range spans {
		_, s := bridge.TracerProvider().Tracer("test").Start(t.Context(), "late")
		open = append(open, s)
	}
	if err := bridge.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, s := range open {
		s.End()
	}
	if c := bridge.Stats().Connections["default"]; c.Dropped.Closed != spans || c.Adjusted.Dropped.Closed != spans {
		t.Errorf("%d spans ended late: counted %d, standing for %v", spans, c.Dropped.Closed, c.Adjusted.Dropped.Closed)
	}
}
