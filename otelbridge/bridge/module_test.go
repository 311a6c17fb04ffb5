package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
)

// frameworkModule is what the framework asks of a module that it mounts.
type frameworkModule interface {
	Register(name string, value any)
	Config(global map[string]any)
	Setup()
	Open()
	Start()
	Stop()
	Close()
}

type module = otelbridge.Module[*tracehook.Meta, tracehook.TraceSpan]

var (
	_ frameworkModule     = (*module)(nil)
	_ tracehook.TraceHook = (*module)(nil)
)

func newModule(opts ...otelbridge.Option) *module {
	return otelbridge.NewModule[*tracehook.Meta, tracehook.TraceSpan](opts...)
}

func TestModuleFollowsTheFrameworksLifeCycle(t *testing.T) {
	t.Parallel()
	spans := memory.New()
	m := newModule(otelbridge.WithLogger(slog.New(slog.DiscardHandler)))
	m.Register("kept", func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) { return spans, nil })
	m.Register("somebody else's", 42)
	m.Config(map[string]any{
		"trace": map[string]any{"driver": "kept", "sample": map[string]any{"rate": 1}},
		"http":  map[string]any{"port": 8080},
	})
	meta := tracehook.NewMeta()
	m.Begin(meta, "too early", nil).End()
	m.Setup()
	m.Setup()
	m.Open()
	m.Start()
	m.Begin(meta, "service:works", tracehook.Map{"service": "user"}).End()
	if err := m.Trace(meta, "user.failed", "error", tracehook.Map{"error": "no"}); err != nil {
		t.Error(err)
	}
	m.Stop()
	if got := m.Stats()["connection_count"]; got != 1 {
		t.Errorf("connection_count is %v, want 1", got)
	}
	m.Close()
	m.Close()
	m.Begin(meta, "too late", nil).End()
	if err := m.Err(); err != nil {
		t.Errorf("Err is %v", err)
	}
	var names []string
	for _, s := range spans.Spans() {
		names = append(names, s.Name())
	}
	if got := strings.Join(names, " "); got != "service:works user.failed" {
		t.Errorf("exported %q, want what ran between Open and Stop", got)
	}
}

func TestModuleWithABadConfigurationSaysSoAndTracesNothing(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	m := newModule(otelbridge.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	m.Config(map[string]any{"trace": map[string]any{"driver": "defalt"}})
	m.Open()
	m.Start()
	m.Begin(tracehook.NewMeta(), "anything", nil).End(errors.New("ignored"))
	if err := m.Err(); err == nil || !strings.Contains(err.Error(), "trace.driver") || !strings.Contains(err.Error(), `"default"`) {
		t.Errorf("Err is %v, want the key path and the nearest driver", err)
	}
	if !strings.Contains(log.String(), "tracing is off") {
		t.Errorf("the log has %q", log.String())
	}
	m.Stop()
	m.Close()
}
