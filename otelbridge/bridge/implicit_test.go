package bridge_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

// An exporter of the environment that nobody knows must not keep a process from starting.
func TestUnknownExporterOfTheEnvironment(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, exporters, file, warns, refuses, writes string }{
		{"a typo", "consol", "", `\"consol\" is ignored: there is no such driver, did you mean \"console\"?`, "", "hello"},
		{"beside another", "zipkin,memory", "", `\"zipkin\" is ignored: there is no such driver`, "", ""},
		{"a known one", "console", "", "", "", "hello"},
		{"in the file it is an error", "", "[trace]\ndriver = 'zipkin'\n", "", "unknown driver", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg, err := config.Parse([]byte(tt.file), "toml", config.WithEnviron(func() []string {
				return []string{"OTEL_TRACES_EXPORTER=" + tt.exporters}
			}))
			if err != nil {
				t.Fatal(err)
			}
			var log, out bytes.Buffer
			bridge, err := otelbridge.New(t.Context(), cfg, otelbridge.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
				otelbridge.WithOutput(&out, &out))
			if tt.refuses != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refuses) {
					t.Fatalf("error %v, want %q", err, tt.refuses)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			_, span := bridge.TracerProvider().Tracer("t").Start(t.Context(), "hello")
			span.End()
			if err := bridge.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(log.String(), tt.warns) || tt.warns == "" && strings.Contains(log.String(), "ignored") {
				t.Errorf("log %q, want %q", log.String(), tt.warns)
			}
			if !strings.Contains(out.String(), tt.writes) || tt.writes == "" && out.Len() > 0 {
				t.Errorf("output %q, want %q", out.String(), tt.writes)
			}
		})
	}
}
