package bridge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
)

func parse(t *testing.T, toml string) config.Config {
	t.Helper()
	cfg, err := config.Parse([]byte(toml), "toml")
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// newBridge builds a Bridge that knows the driver "kept", whose spans it returns.
func newBridge(t *testing.T, toml string, opts ...otelbridge.Option) (*otelbridge.Bridge, *memory.Exporter) {
	t.Helper()
	kept := memory.New()
	opts = append(opts, otelbridge.WithDriver("kept", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) {
		return kept, nil
	}))
	b, err := otelbridge.New(t.Context(), parse(t, toml), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Shutdown(context.WithoutCancel(t.Context())) })
	return b, kept
}

// end makes one span with the Bridge's provider and exports it.
func end(t *testing.T, b *otelbridge.Bridge, name string, attrs ...attribute.KeyValue) {
	t.Helper()
	_, span := b.TracerProvider().Tracer("test").Start(t.Context(), name)
	span.SetAttributes(attrs...)
	span.End()
	if err := b.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestResourceAndLimitsComeFromTheConfiguration(t *testing.T) {
	t.Parallel()
	b, kept := newBridge(t, `
project = "shop"
node = "n1"
[otel]
service = "api"
resource = { "service.version" = "1.2.3" }
limits = { attribute_count_limit = 2 }
[trace]
driver = "kept"
`)
	end(t, b, "limited", attribute.Int("a", 1), attribute.Int("b", 2), attribute.Int("c", 3))
	s := kept.Spans()[0]
	if n := len(s.Attributes()); n != 2 || s.DroppedAttributes() != 1 {
		t.Errorf("%d attributes kept and %d dropped, want 2 and 1", n, s.DroppedAttributes())
	}
	want := map[attribute.Key]string{"service.name": "api", "service.version": "1.2.3", "infra.project": "shop", "infra.node": "n1", "telemetry.sdk.language": "go"}
	for key, value := range want {
		if got, _ := s.Resource().Set().Value(key); got.AsString() != value {
			t.Errorf("resource %s is %q, want %q", key, got.AsString(), value)
		}
	}
}

func TestOptionsOfTheProviderComeBeforeOurs(t *testing.T) {
	t.Parallel()
	own := tracetest.NewSpanRecorder()
	b, kept := newBridge(t, "[trace]\ndriver = \"kept\"\n",
		otelbridge.WithTracerProviderOptions(sdktrace.WithSpanProcessor(own), sdktrace.WithSampler(sdktrace.NeverSample())))
	end(t, b, "seen by both")
	if len(own.Ended()) != 1 || kept.Len() != 1 {
		t.Errorf("the caller's processor has %d spans, ours %d: want one each, by our sampler", len(own.Ended()), kept.Len())
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestExplainIsOnTheSpanAndInWords(t *testing.T) {
	t.Parallel()
	b, kept := newBridge(t, `
[trace]
driver = "kept"
explain = true
[trace.sample]
rate = 0.5
rules = [ { name = "http:*", sample = 1 } ]
`)
	end(t, b, "http:users")
	attrs := attribute.NewSet(kept.Spans()[0].Attributes()...)
	if v, _ := attrs.Value("tracehook.rule"); v.AsString() != "rules[0] http:*" {
		t.Errorf("tracehook.rule is %q", v.AsString())
	}
	if v, _ := attrs.Value("tracehook.probability"); v.AsFloat64() != 1 {
		t.Errorf("tracehook.probability is %v", v.AsFloat64())
	}
	e := b.Explain("http:users", "server")
	if len(e) != 1 || e[0].Rule != 0 || e[0].Probability != 1 || len(e[0].Why) == 0 {
		t.Errorf("Explain says %+v", e)
	}
	if e := b.Explain("queue:jobs", ""); e[0].Rule != -1 || e[0].Probability != 0.5 {
		t.Errorf("Explain of a span without a rule says %+v", e)
	}
}

func TestAForeignProvidersWeightIsAssumedOnlyIfTold(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		opts []otelbridge.Option
		want string
	}{
		{"unknown", nil, ""},
		{"assumed", []otelbridge.Option{otelbridge.AssumeAlwaysOn()}, "th:8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b, kept := newBridge(t, "[trace]\ndriver = \"kept\"\nsample = 0.5\n", test.opts...)
			tp := sdktrace.NewTracerProvider()
			tp.RegisterSpanProcessor(b.SpanProcessor())
			for range 64 { // of which some are kept, but for one run in 2^64
				_, span := tp.Tracer("app").Start(t.Context(), "foreign")
				span.End()
			}
			if err := tp.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := kept.Spans()[0].SpanContext().TraceState().Get("ot"); got != test.want {
				t.Errorf("the exported copy says ot=%q, want %q", got, test.want)
			}
		})
	}
}

func TestHandlerAnswersWithTheAccountsAndTheHealth(t *testing.T) {
	t.Parallel()
	b, _ := newBridge(t, "[trace.good]\ndriver = \"kept\"\n")
	end(t, b, "one")
	get := func(path string) (int, map[string]any) {
		t.Helper()
		w := httptest.NewRecorder()
		b.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		var body map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatalf("%s: %v in %q", path, err, w.Body.String())
		}
		return w.Code, body
	}
	if code, body := get("/stats"); code != http.StatusOK || body["exported"] != 1.0 || body["config_hash"] == "" {
		t.Errorf("/stats answered %d %v", code, body)
	}
	if code, body := get("/health"); code != http.StatusOK || body["state"] != "ok" {
		t.Errorf("/health answered %d %v", code, body)
	}
}

func TestHealthAnswers503WhileAConnectionFails(t *testing.T) {
	t.Parallel()
	b, err := otelbridge.New(t.Context(), parse(t, "[trace.bad]\ndriver = \"bad\"\n"),
		otelbridge.WithDriver("bad", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) {
			return failing{}, nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	_, span := b.TracerProvider().Tracer("test").Start(t.Context(), "lost")
	span.End()
	if err := b.ForceFlush(t.Context()); err == nil || !strings.Contains(err.Error(), `"bad"`) {
		t.Errorf("ForceFlush returned %v, want an error that names the connection", err)
	}
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/health", nil))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "disk on fire") {
		t.Errorf("/health answered %d %s", w.Code, w.Body)
	}
	_ = b.Shutdown(t.Context())
	if c := b.Stats().Connections["bad"]; c.Failed != 1 || c.WriteErrorCount == 0 {
		t.Errorf("the span is not counted as failed: %+v", c)
	}
}

type failing struct{}

func (failing) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return errDisk }
func (failing) Shutdown(context.Context) error                             { return nil }

type constError string

func (e constError) Error() string { return string(e) }

const errDisk constError = "disk on fire"

func TestMetricsCarryTheConnectionsName(t *testing.T) {
	t.Parallel()
	reader := sdkmetric.NewManualReader()
	b, _ := newBridge(t, "[trace.one]\ndriver = \"kept\"\n",
		otelbridge.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))))
	end(t, b, "measured")
	var data metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, scope := range data.ScopeMetrics {
		for _, m := range scope.Metrics {
			names = append(names, m.Name)
		}
	}
	for _, want := range []string{"otel.sdk.processor.span.queue.size", "otel.sdk.processor.span.queue.capacity", "otel.sdk.processor.span.processed", "otel.sdk.exporter.span.exported"} {
		if !slices.Contains(names, want) {
			t.Errorf("no metric %s in %v", want, names)
		}
	}
}

func TestAFileThatChangesIsReloaded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.toml")
	write := func(text string) {
		t.Helper()
		next := path + ".next" // as editors do
		if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(next, path); err != nil {
			t.Fatal(err)
		}
	}
	write("[trace]\ndriver = \"kept\"\n")
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := otelbridge.New(t.Context(), cfg, otelbridge.WithDriver("kept",
		func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) { return memory.New(), nil }))
	if err != nil {
		t.Fatal(err)
	}
	stop, err := b.Watch(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	// wait returns the result of the nth reload.
	wait := func(n int64) *otelbridge.ReloadResult {
		t.Helper()
		deadline := time.After(patience)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			if r := b.Stats().LastReload; r != nil && r.Count >= n {
				return r
			}
			select {
			case <-tick.C:
			case <-deadline:
				t.Fatalf("the change was not noticed in %v", patience)
			}
		}
	}
	before := b.Stats().ConfigHash
	write("[trace]\ndriver = \"kept\"\nsample = 7\n")
	if r := wait(1); r.OK || !strings.Contains(r.Error, "trace.sample") {
		t.Errorf("a bad file gave %+v", r)
	}
	if got := b.Stats().ConfigHash; got != before {
		t.Error("a bad file was taken over")
	}
	write("[trace]\ndriver = \"kept\"\nsample = 0.5\n")
	if r := wait(2); !r.OK || r.Error != "" {
		t.Errorf("a good file gave %+v", r)
	}
	if got := b.Stats().ConfigHash; got == before {
		t.Error("a good file was not taken over")
	}
	stop()
	if err := b.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOTelTableNeedsARestart(t *testing.T) {
	t.Parallel()
	b, _ := newBridge(t, "[otel]\nservice = \"a\"\n[trace]\ndriver = \"kept\"\n")
	if err := b.Reload(t.Context(), parse(t, "[otel]\nservice = \"b\"\n[trace]\ndriver = \"kept\"\n")); err != nil {
		t.Fatal(err)
	}
	if r := b.Stats().LastReload; !r.OK || len(r.NeedsRestart) != 1 || r.NeedsRestart[0] != "otel" {
		t.Errorf("the result is %+v, want it to say that [otel] needs a restart", r)
	}
}

func TestNotesAndWarningsAreLoggedOnceAtLoad(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	cfg, err := config.Parse([]byte(`
[trace.sample]
rules = [
  { name = "service:*", sample = 0.3 },
  { name = "service:user.*", sample = 1, attrs = { vip = true } },
]
`), "toml", config.WithEnviron(func() []string { return []string{"OTEL_PROPAGATORS=carrier_pigeon"} }))
	if err != nil {
		t.Fatal(err)
	}
	b, err := otelbridge.New(t.Context(), cfg, otelbridge.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"level=INFO", "narrower", "level=WARN", "carrier_pigeon"} {
		if strings.Count(log.String(), want) == 0 {
			t.Errorf("the log has no %q:\n%s", want, log.String())
		}
	}
}

func TestCounterKeepsAnExactShare(t *testing.T) {
	t.Parallel()
	b, kept := newBridge(t, "[trace]\ndriver = \"kept\"\n[trace.sample]\nrate = 0.29\nerror = false\nkey = \"counter\"\n")
	tracer := b.TracerProvider().Tracer("test")
	for range 1000 {
		_, span := tracer.Start(t.Context(), "counted")
		span.End()
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if kept.Len() != 290 {
		t.Errorf("%d of 1000 spans at 0.29, want 290", kept.Len())
	}
}

// A reload that is refused after a while must not have changed what the head records
// meanwhile.
func TestARefusedReloadLosesNothing(t *testing.T) {
	t.Parallel()
	const spans = 500
	opening, goOn := make(chan struct{}), make(chan struct{})
	slow := func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) {
		close(opening)
		<-goOn
		return nil, errDisk
	}
	b, kept := newBridge(t, "[trace.a]\ndriver = \"kept\"\n[trace.a.sample]\nerror = false\n", otelbridge.WithDriver("slow", slow))
	refused := make(chan error, 1)
	go func() {
		refused <- b.Reload(context.WithoutCancel(t.Context()), parse(t,
			"[trace.a]\ndriver = \"kept\"\n[trace.a.sample]\nrate = 0.001\nerror = false\n[trace.b]\ndriver = \"slow\"\nsample = { rate = 0.001, error = false }\n"))
	}()
	<-opening
	tracer := b.TracerProvider().Tracer("test")
	for range spans {
		_, span := tracer.Start(t.Context(), "meanwhile")
		span.End()
	}
	close(goOn)
	if err := <-refused; !errors.Is(err, errDisk) {
		t.Errorf("the reload returned %v", err)
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if kept.Len() != spans {
		t.Errorf("%d of %d spans were kept", kept.Len(), spans)
	}
}

func TestReloadKeepsTheServiceThatSpansHave(t *testing.T) {
	t.Parallel()
	b, kept := newBridge(t, "[otel]\nservice = \"old\"\n[trace]\ndriver = \"kept\"\n")
	next := "[otel]\nservice = \"new\"\n[trace]\ndriver = \"kept\"\n[trace.sample]\nerror = false\nrules = [ { service = \"new\", sample = 0 } ]\n"
	if err := b.Reload(t.Context(), parse(t, next)); err != nil {
		t.Fatal(err)
	}
	end(t, b, "still old")
	if e := b.Explain("still old", "")[0]; e.Rule != -1 || kept.Len() != 1 {
		t.Errorf("Explain says rule %d, and %d spans were kept: the service is old until a restart", e.Rule, kept.Len())
	}
}

func TestShutdownReturnsItsResultAgain(t *testing.T) {
	t.Parallel()
	b, err := otelbridge.New(t.Context(), parse(t, "[trace.bad]\ndriver = \"bad\"\n"),
		otelbridge.WithTracerProviderOptions(sdktrace.WithSpanProcessor(tetchy{})),
		otelbridge.WithDriver("bad", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) {
			return failing{}, nil
		}), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, span := b.TracerProvider().Tracer("test").Start(t.Context(), "lost")
	span.End()
	first := b.Shutdown(t.Context())
	if !errors.Is(first, errTetchy) || strings.Count(first.Error(), `"bad"`) != 1 {
		t.Errorf("Shutdown returned %v, want the caller's processor and, once, our connection", first)
	}
	if again := b.Shutdown(t.Context()); again == nil || again.Error() != first.Error() {
		t.Errorf("the second Shutdown returned %v, want what the first did", again)
	}
}

const errTetchy constError = "not now"

// tetchy is a processor of the caller's that can't be shut down.
type tetchy struct{}

func (tetchy) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (tetchy) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (tetchy) ForceFlush(context.Context) error                { return nil }
func (tetchy) Shutdown(context.Context) error                  { return errTetchy }

// A console alone must not switch tracing off in the services behind it; beside a
// connection that leaves the machine it has no say.
func TestLocalConnectionsVoteOnlyAmongThemselves(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, toml string
		sampled    bool
	}{
		{"alone", "[trace.a]\ndriver = \"none\"\n", true},
		{"two of them", "[trace.a]\ndriver = \"none\"\n[trace.b]\ndriver = \"memory\"\n", true},
		{"beside others", "[trace.a]\ndriver = \"none\"\n[trace.b]\ndriver = \"kept\"\nsample = 0\n", false},
		{"told not to", "[trace.a]\ndriver = \"none\"\n[trace.a.sample]\npropagate = false\n", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b, _ := newBridge(t, test.toml)
			_, span := b.TracerProvider().Tracer("test").Start(t.Context(), "root")
			defer span.End()
			if got := span.SpanContext().IsSampled(); got != test.sampled {
				t.Errorf("the sampled flag is %v, want %v", got, test.sampled)
			}
		})
	}
}

func TestReloadKeepsThePoliciesThatStay(t *testing.T) {
	t.Parallel()
	const limited = "[trace.a]\ndriver = \"kept\"\n[trace.a.sample]\nlimit = 10\n"
	b, kept := newBridge(t, limited)
	tracer := b.TracerProvider().Tracer("test")
	start := time.Now()
	for i := range 10 {
		for range 20 {
			_, span := tracer.Start(t.Context(), "limited")
			span.End()
		}
		if err := b.Reload(t.Context(), parse(t, limited+fmt.Sprintf("[trace.b]\ndriver = \"none\"\nbuffer = %d\n", 10+i))); err != nil {
			t.Fatal(err)
		}
	}
	took := time.Since(start)
	if err := b.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if most := 10 + 10*(int(took/time.Second)+1); kept.Len() > most {
		t.Errorf("%d spans in %s, at most %d may pass: a reload has filled the bucket", kept.Len(), took, most)
	}
}

func TestForceFlushDoesNotWaitForOthersToFlushOurs(t *testing.T) {
	t.Parallel()
	b, kept := newBridge(t, "[trace]\ndriver = \"kept\"\ntimeout = \"1h\"\n",
		otelbridge.WithTracerProviderOptions(sdktrace.WithSpanProcessor(hanging{})))
	_, span := b.TracerProvider().Tracer("test").Start(t.Context(), "ours")
	span.End()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for deadline := time.Now().Add(patience); kept.Len() == 0 && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if err := b.ForceFlush(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("ForceFlush returned %v", err)
	}
	if kept.Len() != 1 {
		t.Error("the application's own processor kept our span from being flushed")
	}
}

// hanging is a processor of the caller's that flushes until its context is done.
type hanging struct{ tetchy }

func (hanging) ForceFlush(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
func (hanging) Shutdown(context.Context) error       { return nil }

func TestReloadWaitsForAnotherNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	opening, goOn := make(chan struct{}), make(chan struct{})
	b, _ := newBridge(t, "[trace]\ndriver = \"kept\"\n", otelbridge.WithDriver("slow",
		func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) {
			close(opening)
			<-goOn
			return memory.New(), nil
		}))
	first := make(chan error, 1)
	go func() {
		first <- b.Reload(context.WithoutCancel(t.Context()), parse(t, "[trace]\ndriver = \"slow\"\n"))
	}()
	<-opening
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := b.Reload(ctx, parse(t, "[trace]\ndriver = \"none\"\n")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the second reload returned %v", err)
	}
	close(goOn)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

// A zero Config is what somebody has who doesn't look at the error of Load.
func TestNoConnectionsAreLogged(t *testing.T) {
	t.Parallel()
	for _, disabled := range []bool{false, true} {
		var log strings.Builder
		b, err := otelbridge.New(t.Context(), config.Config{Disabled: disabled}, otelbridge.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(log.String(), "no connections"); got == disabled {
			t.Errorf("disabled is %v, and the log says %q", disabled, log.String())
		}
	}
}
