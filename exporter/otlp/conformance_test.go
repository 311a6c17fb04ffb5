package otlp_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

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
			settings := func(tb testing.TB, behave func(int) otlptest.Behavior) exporter.Settings {
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
				receivers.Store(setting["endpoint"], r)
				s := exporter.Settings{
					Connection: "test", Setting: setting,
					Retry: map[string]any{"initial": "1ms", "max": "5ms", "budget": "50ms"},
				}
				if tt.spooled {
					s.Spool = map[string]any{"dir": filepath.Join(tb.TempDir(), "spool")}
				}
				return s
			}
			of := func(s exporter.Settings) *otlptest.Receiver {
				r, _ := receivers.Load(s.Setting["endpoint"])
				return r.(*otlptest.Receiver) //nolint:errcheck // stored above
			}
			exportertest.RunDriver(t, exportertest.DriverSubject{
				Driver:   otlp.Driver(),
				Settings: func(tb testing.TB) exporter.Settings { tb.Helper(); return settings(tb, nil) },
				Failing: func(tb testing.TB) exporter.Settings {
					tb.Helper()
					return settings(tb, func(n int) otlptest.Behavior {
						return otlptest.Behavior{Status: []int{401, 503}[n%2], Body: "unknown token or path /pl4nted-s3cr3t/v1/traces"}
					})
				},
				Count:   func(_ testing.TB, s exporter.Settings) int { return len(of(s).Order()) },
				Output:  func(_ testing.TB, s exporter.Settings) string { return fmt.Sprintf("%s", of(s).Bodies()) },
				Ignores: []string{"format", "json"}, // docs/drivers.md: they are about lines
				Secrets: []string{"pl4nted-s3cr3t"},
			})
		})
	}
}
