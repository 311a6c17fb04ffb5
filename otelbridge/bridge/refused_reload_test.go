package bridge_test

import (
	"errors"
	"strings"
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

// WithFallback is about the start. A reload that can't be used is refused whole: what runs is better than a
// fallback.
func TestAReloadDoesNotFallBack(t *testing.T) {
	t.Parallel()
	b, kept := newBridge(t, "[trace]\ndriver = \"kept\"\n", otelbridge.WithFallback())
	bad := parse(t, "[trace.a]\ndriver = \"nowhere\"\n")
	for _, err := range []error{b.Reload(t.Context(), bad), b.Reload(t.Context(), bad)} {
		if err == nil || !strings.Contains(err.Error(), "nowhere") {
			t.Errorf("the reload said %v", err)
		}
	}
	if r := b.Stats().LastReload; r == nil || r.OK || b.Err() != nil {
		t.Errorf("the reload is %+v, and Err says %v", r, b.Err())
	}
	_, span := b.TracerProvider().Tracer("t").Start(t.Context(), "s")
	span.End()
	if err := b.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if kept.Len() != 1 {
		t.Errorf("%d spans have come to the connection that stayed", kept.Len())
	}
}
