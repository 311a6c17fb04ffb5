package otlptracehttp_test

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/go-logr/logr/funcr"
	"go.opentelemetry.io/otel"
	official "go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/otlptracehttp"
	"github.com/tracehook/tracehook/test/otlptest"
)

const planted = "pl4nted-s3cr3t"

// Not parallel: the exporter reads the environment of the process.
func TestConformance(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20"+planted)
	t.Run("exporter", func(t *testing.T) {
		var receivers sync.Map
		build := func(tb testing.TB, behave func(int) otlptest.Behavior) sdktrace.SpanExporter {
			tb.Helper()
			r := otlptest.NewHTTP(tb)
			r.Behave(behave)
			e, err := otlptracehttp.New(tb.Context(), official.WithEndpointURL(r.URL()))
			if err != nil {
				tb.Fatal(err)
			}
			receivers.Store(e, r)
			return e
		}
		exportertest.Run(t, exportertest.Subject{
			Plain: true,
			New:   func(tb testing.TB) sdktrace.SpanExporter { tb.Helper(); return build(tb, nil) },
			Failing: func(tb testing.TB) sdktrace.SpanExporter {
				tb.Helper()
				return build(tb, func(int) otlptest.Behavior {
					return otlptest.Behavior{Status: 400, Body: "unknown token Bearer " + planted}
				})
			},
			Count: func(e sdktrace.SpanExporter) int {
				r, _ := receivers.Load(e)
				return len(r.(*otlptest.Receiver).Order()) //nolint:errcheck // stored above
			},
			Secrets: []string{planted},
		})
	})
	t.Run("driver", func(t *testing.T) {
		var r *otlptest.Receiver
		for _, name := range append(exportertest.DriverNames(), exportertest.Names()...) {
			t.Run(name, func(t *testing.T) { // one after the other: the destination is in the environment
				r = otlptest.NewHTTP(t)
				t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+r.Address())
				for _, problem := range exportertest.DriverProblems(t, exportertest.DriverSubject{
					Driver: otlptracehttp.Driver(), Plain: true, Secrets: []string{planted},
					Settings: func(testing.TB) exporter.Settings { return exporter.Settings{} },
					Count:    func(testing.TB, exporter.Settings) int { return len(r.Order()) },
				}, name) {
					t.Error(problem)
				}
			})
		}
	})
}

func TestDriverReadsTheEnvironment(t *testing.T) {
	r := otlptest.NewHTTP(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+r.Address())
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=shop")
	e, err := otlptracehttp.Driver().New(t.Context(), exporter.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(e.ExportSpans(t.Context(), otlptest.Spans(1, 3)), e.Shutdown(t.Context())); err != nil {
		t.Error(err)
	}
	if len(r.Spans()) != 3 || r.Headers()[0].Get("X-Tenant") != "shop" {
		t.Errorf("%d spans with %v", len(r.Spans()), r.Headers())
	}
}

// The official exporter logs what it can't read, with the value.
func TestNothingOfTheEnvironmentIsPrinted(t *testing.T) {
	var printed strings.Builder
	otel.SetLogger(funcr.New(func(prefix, args string) { printed.WriteString(prefix + args) }, funcr.Options{}))
	for name, values := range map[string][]string{
		"HEADERS":            {"Bearer " + planted, "a=1,b b=" + planted, "a=%zz" + planted, "=" + planted},
		"ENDPOINT":           {"http://u:" + planted + "@h:port", "1" + planted + ":4318", "http://h/%zz" + planted},
		"TIMEOUT":            {planted},
		"CERTIFICATE":        {"/" + planted},
		"CLIENT_CERTIFICATE": {"/" + planted},
	} {
		for _, prefix := range []string{"OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_TRACES_"} {
			for _, value := range values {
				t.Run(prefix+name+" "+value, func(t *testing.T) {
					t.Setenv(prefix+name, value)
					t.Setenv(prefix+"CLIENT_KEY", value)
					d := otlptracehttp.Driver()
					for _, err := range []error{d.Check(exporter.Settings{}), made(d.New(t.Context(), exporter.Settings{}))} {
						if err == nil || !strings.Contains(err.Error(), prefix+name) {
							t.Errorf("got %v, want an error that names the variable", err)
						} else if strings.Contains(err.Error(), planted) && !strings.Contains(name, "CERTIFICATE") {
							t.Errorf("the value is in %v", err)
						}
					}
				})
			}
		}
	}
	if printed.Len() > 0 {
		t.Errorf("printed: %s", printed.String())
	}
}

func made(_ sdktrace.SpanExporter, err error) error { return err }

func TestDriverRefuses(t *testing.T) {
	t.Parallel()
	for key, s := range map[string]exporter.Settings{
		"setting.endpoint": {Setting: map[string]any{"endpoint": "http://h"}},
		"fields":           {Fields: []exporter.FieldMapping{{Source: "name", Target: "n"}}},
		"format":           {Format: "%name%"},
	} {
		if err := otlptracehttp.Driver().Check(s); err == nil || !strings.HasPrefix(err.Error(), key+": ") {
			t.Errorf("%s: got %v", key, err)
		}
	}
}

func TestPlaintextIsRefusedOrTold(t *testing.T) {
	for _, tt := range []struct {
		name          string
		env           map[string]string
		refused, told bool
	}{
		{"nothing", nil, false, false},
		{"loopback", map[string]string{"ENDPOINT": "http://127.0.0.1:4318", "HEADERS": "authorization=" + planted}, false, false},
		{"no credentials", map[string]string{"ENDPOINT": "http://collector:4318"}, true, false},
		{"credentials", map[string]string{"ENDPOINT": "http://collector:4318", "HEADERS": "authorization=" + planted}, true, true},
		{"TLS", map[string]string{"ENDPOINT": "https://collector:4318", "HEADERS": "authorization=" + planted}, false, false},
		{"TLS turned off", map[string]string{"ENDPOINT": "https://collector:4318", "TRACES_INSECURE": "true", "HEADERS": "x-api-key=" + planted}, true, false},
		{"TLS turned on", map[string]string{"ENDPOINT": "http://collector:4318", "INSECURE": "false"}, false, false},
		{"the endpoint for traces", map[string]string{"ENDPOINT": "https://collector:4318", "TRACES_ENDPOINT": "HTTP://other/x", "TRACES_HEADERS": "token=" + planted}, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for name, value := range tt.env {
				t.Setenv("OTEL_EXPORTER_OTLP_"+name, value)
			}
			err := otlptracehttp.Driver().Check(exporter.Settings{RequireTLS: true})
			if (err != nil) != tt.refused || err != nil && !strings.Contains(err.Error(), "require_tls") {
				t.Errorf("refused: %v, want %v", err, tt.refused)
			}
			var log strings.Builder
			e, err := otlptracehttp.Driver().New(t.Context(), exporter.Settings{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			if err := e.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if told := strings.Contains(log.String(), "without TLS"); told != tt.told || strings.Contains(log.String(), planted) {
				t.Errorf("told: %v, want %v\n%s", told, tt.told, log.String())
			}
		})
	}
}
