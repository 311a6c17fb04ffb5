package bridge_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

// Where a connection sends sampled spans to an OTLP destination, one line says which samplers of a
// Collector understand them.
func TestSampledSpansForACollectorAreTold(t *testing.T) {
	t.Parallel()
	for toml, want := range map[string]int{
		"[trace.c]\ndriver = \"otlp\"\nsample = 0.1\n":                                             1,
		"[trace.c]\ndriver = \"otlp\"\nsample = { rules = [ { name = \"a\", sample = 0.5 } ] }\n":  1,
		"[trace.c]\ndriver = \"otlp\"\n":                                                           0,
		"[trace.c]\ndriver = \"otlp\"\nsample = 0.1\nweights = \"never\"\n":                        0,
		"[trace.c]\ndriver = \"none\"\nsample = 0.1\n":                                             0,
		"[trace.c]\ndriver = \"otlp\"\nsample = 0.1\n[trace.d]\ndriver = \"otlp\"\nsample = 0.5\n": 2,
	} {
		cfg, err := config.Parse([]byte(toml), "toml")
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		b, err := otelbridge.New(t.Context(), cfg, otelbridge.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if n := strings.Count(log.String(), "hash_seed"); n != want {
			t.Errorf("%s: %d lines, want %d:\n%s", toml, n, want, log.String())
		}
	}
}
