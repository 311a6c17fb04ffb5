package bridge_test

import (
	"errors"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/processor"
)

// A reload that is refused late, because the Bridge has shut down, leaves the head sampler as it was.
func TestARefusedReloadLeavesTheHead(t *testing.T) {
	t.Parallel()
	parse := func(rate string) config.Config {
		cfg, err := config.Parse([]byte("[trace]\ndriver = \"memory\"\n[trace.sample]\nrate = "+rate+"\nerror = false\n"), "toml", config.WithEnviron(nil))
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	b, err := otelbridge.New(t.Context(), parse("0"))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.Reload(t.Context(), parse("1")); !errors.Is(err, processor.ErrShutdown) {
		t.Fatalf("the reload said %v", err)
	}
	_, span := b.TracerProvider().Tracer("t").Start(t.Context(), "s", trace.WithNewRoot())
	defer span.End()
	if span.SpanContext().IsSampled() || span.IsRecording() {
		t.Error("the refused configuration decides about new spans")
	}
}
