package bridge_test

import (
	"strings"
	"testing"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/processor"
)

// Where the others run on, a mistake in [otel.redact] leaves out each connection that it is for: none
// exports what was to be redacted.
func TestMistakeInSharedRedactionLeavesOutAllThatItIsFor(t *testing.T) {
	t.Parallel()
	for _, otel := range []string{
		"[otel.redact]\npatterns = [\"(\"]\n",
		"[otel.redact]\nmaks = [\"*password*\"]\n",
		"[otel]\npropagators = [\"zipkin\"]\n[otel.redact]\npatterns = [\"(\"]\n",
	} {
		cfg, err := config.Parse([]byte(otel+"[trace.a]\ndriver = \"kept\"\n[trace.b]\ndriver = \"kept\"\n[trace.c]\ndriver = \"kept\"\nredact = false\n"), "toml")
		if err != nil {
			t.Fatal(err)
		}
		kept := memory.New()
		b, err := otelbridge.New(t.Context(), cfg, otelbridge.WithFallback(), withKept(kept))
		if err != nil {
			t.Fatal(err)
		}
		b.Hook().Begin(nil, "to postgres://bob:hunter2@db/x", nil).End()
		h := b.Health()
		if err := b.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if kept.Len() != 1 || h.Connections["a"].State != processor.StateFailing || h.Connections["b"].State != processor.StateFailing || h.Connections["c"].State != processor.StateOK {
			t.Errorf("%s: %d spans were exported, Health is %+v", otel, kept.Len(), h)
		}
		if err := b.Err(); err == nil || strings.Count(err.Error(), ": otel.redact.") != 1 {
			t.Errorf("Err doesn't tell the mistake once: %v", err)
		}
	}
}
