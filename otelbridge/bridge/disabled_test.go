package bridge_test

import (
	"testing"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

// TestConnectionsOfADisabledSDKHaveNumbers looks a connection up by its name, as programs do.
func TestConnectionsOfADisabledSDKHaveNumbers(t *testing.T) {
	t.Parallel()
	environ := config.WithEnviron(func() []string { return []string{"OTEL_SDK_DISABLED=true"} })
	cfg, err := config.Parse([]byte("[trace.m]\ndriver = \"none\"\n"), "toml", environ)
	if err != nil {
		t.Fatal(err)
	}
	b, err := otelbridge.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, span := b.TracerProvider().Tracer("app").Start(t.Context(), "work")
	span.End()
	if n := b.Stats().Connections["m"].Offered; n != 0 {
		t.Errorf("%d spans were offered", n)
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
