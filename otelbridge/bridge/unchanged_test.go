package bridge_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/otelbridge/bridge"
)

// counter is a driver that counts its calls.
type counter struct {
	check, claims, made atomic.Int64
	settings            atomic.Pointer[exporter.Settings] // of the newest exporter
}

func (c *counter) driver() exporter.Driver {
	return exporter.Driver{
		Spool:  true,
		Check:  func(exporter.Settings) error { c.check.Add(1); return nil },
		Claims: func(exporter.Settings) []string { c.claims.Add(1); return nil },
		New: func(_ context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
			c.made.Add(1)
			c.settings.Store(&s)
			return memory.New(), nil
		},
	}
}

func (c *counter) calls() [3]int64 { return [3]int64{c.check.Load(), c.claims.Load(), c.made.Load()} }

const counted = `
[trace.a]
driver = "counter"
[trace.a.sample]
rules = [ { name = "http:*", sample = 0.5, attrs = { tier = ["a", "b"] } } ]
[trace.a.setting]
token = "first"
[trace.a.setting.headers]
x = "1"
y = 2
`

func TestOpenAsksADriverOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.toml")
	if err := os.WriteFile(path, []byte(counted), 0o600); err != nil {
		t.Fatal(err)
	}
	var c counter
	b, err := otelbridge.Open(t.Context(), path, otelbridge.WithDriverSpec("counter", c.driver()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Shutdown(context.Background()) })
	if got := c.calls(); got != [3]int64{1, 1, 1} {
		t.Errorf("Open called Check, Claims and New %v times, want each once", got)
	}
}

// A reload asks the driver of a connection again if, and only if, more than its sampling has
// changed.
func TestReloadAsksTheDriversOfWhatChanges(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]struct {
		config string
		again  bool
	}{
		"nothing":          {counted, false},
		"order and format": {"[trace.a.setting]\nheaders = { y = 2, x = \"1\" }\ntoken = 'first'\n[trace.a]\nsample = { rules = [ { attrs = { tier = [\"a\", \"b\"] }, name = \"http:*\", sample = 0.5 } ] }\ndriver = \"counter\"\n", false},
		"a rule":           {counted[:len("\n[trace.a]\ndriver = \"counter\"\n")] + "[trace.a.setting]\ntoken = \"first\"\nheaders = { x = \"1\", y = 2 }\n", false},
		"explain":          {"[trace.a]\nexplain = true\n" + counted[len("\n[trace.a]\n"):], false},
		"another one":      {counted + "[trace.b]\ndriver = \"none\"\n", false},
		"a secret":         {"[trace.a]\ndriver = \"counter\"\n[trace.a.setting]\ntoken = \"second\"\nheaders = { x = \"1\", y = 2 }\n", true},
		"a queue":          {"[trace.a]\nbuffer = 7\n" + counted[len("\n[trace.a]\n"):], true},
		"the identity":     {"project = \"shop\"\n" + counted, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c counter
			b, err := otelbridge.New(t.Context(), parse(t, counted), otelbridge.WithDriverSpec("counter", c.driver()))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = b.Shutdown(context.Background()) })
			if err := b.Reload(t.Context(), parse(t, next.config)); err != nil {
				t.Fatal(err)
			}
			want := [3]int64{1, 1, 1}
			if next.again {
				want = [3]int64{2, 2, 2}
			}
			if got := c.calls(); got != want {
				t.Errorf("Check, Claims and New were called %v times, want %v", got, want)
			}
			if s := c.settings.Load(); name == "the identity" && s.Identity.Project != "shop" {
				t.Errorf("the exporter in force was made for project %q", s.Identity.Project)
			}
		})
	}
}

// A connection that may no longer read OTEL_EXPORTER_OTLP_*, because it isn't the only one, is
// opened again: what it has read must not stay in force.
func TestReloadOpensWhatMayNoLongerReadTheEnvironment(t *testing.T) {
	t.Parallel()
	var c counter
	const one = "[trace.a]\ndriver = \"otlp\"\n"
	b, err := otelbridge.New(t.Context(), parse(t, one), otelbridge.WithDriverSpec("otlp", c.driver()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Shutdown(context.Background()) })
	if c.settings.Load().Environ == nil {
		t.Fatal("the only connection doesn't read the environment")
	}
	if err := b.Reload(t.Context(), parse(t, one+"[trace.b]\ndriver = \"otlp\"\n")); err != nil {
		t.Fatal(err)
	}
	if got := c.made.Load(); got != 3 {
		t.Errorf("%d exporters were made, want one for each of two connections after the first", got)
	}
}

func TestDriversThatNoConnectionCouldUse(t *testing.T) {
	t.Parallel()
	var c counter
	for want, opt := range map[string]bridge.Option{
		"a driver needs a name":     bridge.WithDriverSpec("", c.driver()),
		`driver "x" has no factory`: bridge.WithDriver("x", nil),
		`unknown driver "default"`:  bridge.WithDrivers(nil),
	} {
		if err := bridge.Check(config.Default(), opt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Check returned %v, want %q", err, want)
		}
	}
}

// Drivers are made once for a Bridge, so that what their exporters share stays shared over
// reloads, and each Bridge has its own.
func TestDriversLiveAsLongAsTheBridge(t *testing.T) {
	t.Parallel()
	var made atomic.Int64
	var shared []int64
	opt := bridge.WithDrivers(func() map[string]exporter.Driver {
		id := made.Add(1)
		return map[string]exporter.Driver{"shared": {New: func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) {
			shared = append(shared, id)
			return memory.New(), nil
		}}}
	})
	const two = "[trace.a]\ndriver = \"shared\"\n[trace.b]\ndriver = \"shared\"\n"
	for range 2 {
		b, err := bridge.New(t.Context(), parse(t, two), opt)
		if err != nil {
			t.Fatal(err)
		}
		for _, next := range []string{two + "[trace.c]\ndriver = \"shared\"\n", two + "buffer = 9\n", "[trace.c]\ndriver = \"shared\"\n"} {
			if err := b.Reload(t.Context(), parse(t, next)); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if made.Load() != 2 {
		t.Errorf("drivers were made %d times for two Bridges", made.Load())
	}
	for i, id := range shared {
		if want := int64(1 + i/(len(shared)/2)); id != want {
			t.Errorf("exporters are of the drivers %v, want those of each Bridge to be of one", shared)
			break
		}
	}
}

// While connections change, a span is recorded if the old or the new ones may want it.
func TestAReloadServesTheOldAndTheNewConnections(t *testing.T) {
	t.Parallel()
	for _, wants := range []string{"old", "new"} {
		t.Run(wants, func(t *testing.T) {
			t.Parallel()
			kept := map[string]*memory.Exporter{"old": memory.New(), "new": memory.New()}
			var during func()
			opt := otelbridge.WithDriver("kept", func(_ context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
				if s.Connection == "new" {
					during()
				}
				return kept[s.Connection], nil
			})
			text := func(name string) config.Config {
				sample := "{ rate = 0, error = false }"
				if name == wants {
					sample = "1"
				}
				return parse(t, "[trace."+name+"]\ndriver = \"kept\"\nsample = "+sample+"\n")
			}
			b, err := otelbridge.New(t.Context(), text("old"), opt)
			if err != nil {
				t.Fatal(err)
			}
			var open trace.Span
			during = func() {
				_, open = b.TracerProvider().Tracer("test").Start(context.Background(), "new")
				end(t, b, "old")
			}
			if err := b.Reload(t.Context(), text("new")); err != nil {
				t.Fatal(err)
			}
			open.End()
			if err := b.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			if spans := kept[wants].Spans(); len(spans) != 1 || spans[0].Name() != wants {
				t.Errorf("got %d spans, want the one that the %s connection keeps", len(spans), wants)
			}
		})
	}
}

// After a reload the head serves the new connections alone: a span that they can't keep costs
// nothing.
func TestAfterAReloadTheHeadServesTheNewConnections(t *testing.T) {
	t.Parallel()
	b, _ := newBridge(t, "[trace.a]\ndriver = \"none\"\n")
	if err := b.Reload(t.Context(), parse(t, "[trace.a]\ndriver = \"none\"\nsample = { rate = 0, error = false }\n")); err != nil {
		t.Fatal(err)
	}
	_, span := b.TracerProvider().Tracer("test").Start(t.Context(), "dropped")
	defer span.End()
	if span.IsRecording() {
		t.Error("a span is recorded that no connection can keep")
	}
}

// What changed in the file between Open and Watch is taken over, too.
func TestWatchBeginsWithTheConfigurationInForce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.toml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("[trace.a]\ndriver = \"none\"\n")
	b, err := otelbridge.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Shutdown(context.Background()) })
	write("[trace.b]\ndriver = \"none\"\n")
	stop, err := b.Watch(t.Context(), path, config.WithSettle(time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for deadline := time.Now().Add(patience); b.Stats().LastReload == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the change was not taken over")
		}
	}
	if _, ok := b.Stats().Connections["b"]; !ok {
		t.Error("the connection of the changed file isn't there")
	}
}

// A program that is given console alone understands a configuration without [trace].
func TestDefaultStandsForConsole(t *testing.T) {
	t.Parallel()
	var c counter
	opt := bridge.WithDriverSpec("console", c.driver())
	if err := bridge.Check(config.Default(), opt); err != nil {
		t.Error(err)
	}
	if c.check.Load() != 1 {
		t.Errorf("console was asked %d times", c.check.Load())
	}
	if err := bridge.Check(config.Default()); err == nil {
		t.Error("a Bridge without drivers has one")
	}
}
