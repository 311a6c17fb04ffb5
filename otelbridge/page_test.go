package otelbridge_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/test/locked"
)

// pageConfig has a page and a connection that leaves something out.
const pageConfig = `
[trace.look]
driver = "page"
setting = { listen = "127.0.0.1:0" }
[trace.other]
driver = "none"
sample = { error = true, rules = [ { name = "left.*", sample = 0 } ] }
`

// get asks a page.
func get(t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v", url, answer.Status, err)
	}
	return string(body)
}

// The page of a Bridge shows its spans and knows all connections; its address is in the log and in
// Health.
func TestPage(t *testing.T) {
	t.Parallel()
	cfg, err := config.Parse([]byte(pageConfig), "toml", config.WithEnviron(nil))
	if err != nil {
		t.Fatal(err)
	}
	var log locked.Buffer
	b, err := otelbridge.New(t.Context(), cfg, otelbridge.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	address := b.Health().Addresses["look"]
	if !strings.HasPrefix(address, "http://127.0.0.1:") {
		t.Fatalf("Health has the addresses %v", b.Health().Addresses)
	}
	_, span := b.TracerProvider().Tracer("test").Start(t.Context(), "left.out")
	span.End()
	if err := b.ForceFlush(t.Context()); err != nil {
		t.Error(err)
	}
	if got := get(t, address+"api/spans?query=name:left"); !strings.Contains(got, span.SpanContext().TraceID().String()) {
		t.Errorf("the page has %q", got)
	}
	var known struct {
		Connections struct {
			Stats   otelbridge.Stats
			Health  processor.Health
			Drivers map[string]string
		}
	}
	if err := json.Unmarshal([]byte(get(t, address+"api/connections")), &known); err != nil {
		t.Fatal(err)
	}
	c := known.Connections
	if c.Stats.Connections["other"] == nil || c.Stats.Connections["other"].SampledOut != 1 || c.Stats.Connections["look"].Exported != 1 ||
		len(c.Health.Connections) != 2 || c.Drivers["look"] != "page" || c.Drivers["other"] != "none" {
		t.Errorf("the page knows %+v", c)
	}
	// A reload that leaves it alone leaves the page where it is.
	if err := b.Reload(t.Context(), cfg); err != nil || b.Health().Addresses["look"] != address {
		t.Errorf("after a reload: %v, %v", err, b.Health().Addresses)
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if text := log.String(); strings.Count(text, address) != 1 || !strings.Contains(text, "level=INFO") {
		t.Errorf("the log says\n%s", text)
	}
}

// The page knows which connection keeps a span, and why, whatever became of the tracestate of its
// own copy; asking changes no account.
func TestPageKnowsWhoKeepsASpan(t *testing.T) {
	t.Parallel()
	cfg, err := config.Parse([]byte(pageConfig+`
[trace.half]
driver = "none"
sample = { rate = 0.5, error = false, limit = 1 }
[trace.none]
driver = "none"
sample = { rate = 0, error = false }
[trace.look.sample]
rate = 0.999
error = true
[trace.whole]
driver = "none"
sample = { rate = 0.5, scope = "trace" }
`), "toml", config.WithEnviron(nil))
	if err != nil {
		t.Fatal(err)
	}
	b, err := otelbridge.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Shutdown(context.Background()) }()
	address := b.Health().Addresses["look"]
	tracer := b.TracerProvider().Tracer("test")
	for i := range 200 {
		_, span := tracer.Start(t.Context(), []string{"left.out", "other"}[i%2])
		if i%3 == 0 {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
	if err := b.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := b.Stats()
	kept := make(map[string]int64)
	for line := range strings.Lines(get(t, address+"api/spans")) {
		var d struct {
			ResourceSpans []struct {
				ScopeSpans []struct {
					Spans []struct{ TraceID, SpanID, Name string }
				}
			}
		}
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		s := d.ResourceSpans[0].ScopeSpans[0].Spans[0]
		var said struct{ Decisions []exporter.Decision }
		if err := json.Unmarshal([]byte(get(t, address+"api/traces/"+s.TraceID+"/decisions?span="+s.SpanID)), &said); err != nil {
			t.Fatal(err)
		}
		for _, d := range said.Decisions {
			if d.Keep {
				kept[d.Connection]++
			}
			switch {
			case d.Connection == "other" && d.Keep && s.Name == "left.out" && d.Reason != "error",
				d.Connection == "other" && !d.Keep && (d.Reason != "rule" || d.Rule != "rules[0] left.*"),
				d.Connection == "half" && d.Keep && d.Weight != 2,
				d.Connection == "none" && d.Why != "the probability is 0",
				d.Connection == "whole" && (!d.Unknown || d.Keep):
				t.Errorf("%s of %+v", s.Name, d)
			}
		}
	}
	// What the page says of all spans together is what the accounts say.
	want := b.Stats()
	half := want.Connections["half"]
	if kept["look"] != want.Connections["look"].Exported || kept["half"] != half.Exported+half.RateLimited || kept["none"] != 0 || kept["other"] == 0 {
		t.Errorf("the page says %v, the accounts %+v, %+v", kept, want.Connections["look"], half)
	}
	if before.Connections["half"].RateLimited != half.RateLimited || before.Offered != want.Offered {
		t.Errorf("asking changed the accounts from %+v to %+v", before.Connections["half"], half)
	}
}

// A page whose port another process has waits for it, says so, and holds nobody else up.
func TestAPageWaitsForItsPort(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen := taken.Addr().String()
	cfg, err := config.Parse([]byte(strings.Replace(pageConfig, "127.0.0.1:0", listen, 1)), "toml", config.WithEnviron(nil))
	if err != nil {
		t.Fatal(err)
	}
	b, err := otelbridge.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Shutdown(context.Background()) }()
	health := b.Health()
	if why := health.Connections["look"].Why; !strings.Contains(why, "something else listens there") || health.Addresses["look"] != "" || health.Connections["other"].State != processor.StateOK {
		t.Errorf("Health says %+v", health)
	}
	_, span := b.TracerProvider().Tracer("test").Start(t.Context(), "early")
	span.End()
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); b.Health().Addresses["look"] == "" && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if err := b.ForceFlush(t.Context()); err != nil {
		t.Error(err)
	}
	if got := get(t, "http://"+listen+"/api/spans"); !strings.Contains(got, span.SpanContext().TraceID().String()) {
		t.Errorf("what waited for the page isn't on it: %q", got)
	}
}

// Two pages of one configuration on one port are refused.
func TestTwoPagesOnOnePort(t *testing.T) {
	t.Parallel()
	cfg, err := config.Parse([]byte("[trace.one]\ndriver = \"page\"\n[trace.two]\ndriver = \"page\"\n"), "toml", config.WithEnviron(nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := otelbridge.Check(cfg); err == nil || !strings.Contains(err.Error(), "127.0.0.1:16600") || strings.Contains(err.Error(), "\n") {
		t.Errorf("Check says %v", err)
	}
}
