package otlp_test

import (
	"path/filepath"
	"sync"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/test/otlptest"
)

// TestConformance runs the kit on every way to send, with a secret in a header that the
// failing receiver repeats.
func TestConformance(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		grpc    bool
		spooled bool
	}{{"http", false, false}, {"grpc", true, false}, {"http with a spool", false, true}, {"grpc with a spool", true, true}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var receivers sync.Map
			build := func(tb testing.TB, behave func(int) otlptest.Behavior) sdktrace.SpanExporter {
				tb.Helper()
				setting := map[string]any{
					"headers": map[string]any{"authorization": "Bearer pl4nted-s3cr3t"}, "timeout": "10s",
				}
				r := otlptest.NewHTTP(tb)
				if tt.grpc {
					r = otlptest.NewGRPC(tb, nil)
					setting["protocol"] = "grpc"
				}
				r.Behave(behave)
				setting["endpoint"] = "http://" + r.Address()
				if !tt.grpc { // a path may be a key, too
					setting["endpoint"] = "http://" + r.Address() + "/pl4nted-s3cr3t"
				}
				s := exporter.Settings{
					Connection: "test", Setting: setting,
					Retry: map[string]any{"initial": "1ms", "max": "5ms", "budget": "50ms"},
				}
				if tt.spooled {
					s.Spool = map[string]any{"dir": filepath.Join(tb.TempDir(), "spool")}
				}
				d := otlp.Driver()
				if err := d.Check(s); err != nil {
					tb.Fatal(err)
				}
				e, err := d.New(tb.Context(), s)
				if err != nil {
					tb.Fatal(err)
				}
				receivers.Store(e, r)
				return e
			}
			exportertest.Run(t, exportertest.Subject{
				New: func(tb testing.TB) sdktrace.SpanExporter { tb.Helper(); return build(tb, nil) },
				Failing: func(tb testing.TB) sdktrace.SpanExporter {
					tb.Helper()
					return build(tb, func(n int) otlptest.Behavior {
						return otlptest.Behavior{Status: []int{401, 503}[n%2], Body: "unknown token or path /pl4nted-s3cr3t/v1/traces"}
					})
				},
				Count: func(e sdktrace.SpanExporter) int {
					r, _ := receivers.Load(e)
					return len(r.(*otlptest.Receiver).Order()) //nolint:errcheck // stored above
				},
				Secrets: []string{"pl4nted-s3cr3t"},
			})
		})
	}
}
