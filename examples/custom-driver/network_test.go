package main

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/report"
)

const maxBytes = 16 << 10

// service takes lines. It is found in the settings, as Stdout.
type service struct {
	bytes.Buffer

	mu   sync.Mutex
	down bool
	most int
}

func (s *service) send(_ context.Context, body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return errors.New("the service is down")
	}
	s.most = max(s.most, len(body))
	s.Write(body)
	return nil
}

func (s *service) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.String()
}

func of(s exporter.Settings) *service {
	found, ok := s.Stdout.(*service)
	if !ok {
		return new(service) // where nothing is sent
	}
	return found
}

// lines is the driver of the service that the settings hold.
func lines() exporter.Driver {
	driver := Lines(maxBytes, nil)
	driver.New = func(ctx context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
		return Lines(maxBytes, of(s).send).New(ctx, s)
	}
	return driver
}

func settings(down bool) func(testing.TB) exporter.Settings {
	return func(testing.TB) exporter.Settings {
		return exporter.Settings{
			Connection: "lines", Driver: "lines", Stdout: &service{down: down},
			Retry: map[string]any{"initial": "1ms", "budget": "20ms"},
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	exportertest.RunDriver(t, exportertest.DriverSubject{
		Driver: lines(), Settings: settings(false), Failing: settings(true),
		Count:  func(_ testing.TB, s exporter.Settings) int { return strings.Count(of(s).text(), "\n") },
		Output: func(_ testing.TB, s exporter.Settings) string { return of(s).text() },
	})
}

// Batches over the bound are cut, and what can't be sent is spooled.
func TestLinesAreCutAndSpooled(t *testing.T) {
	t.Parallel()
	s := settings(false)(t)
	s.Spool = map[string]any{"dir": filepath.Join(t.TempDir(), "spool")}
	e, err := lines().New(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.ExportSpans(t.Context(), exportertest.Many(300)); err != nil {
		t.Fatal(err)
	}
	to := of(s)
	if n := strings.Count(to.text(), "\n"); n != 300 || to.most > maxBytes {
		t.Errorf("%d lines, of which at most %d bytes at once", n, to.most)
	}
	to.mu.Lock()
	to.down = true
	to.mu.Unlock()
	result, ok := errors.AsType[*report.Result](e.ExportSpans(t.Context(), exportertest.Many(5)))
	if !ok || result.Spooled != 5 {
		t.Errorf("of 5 spans: %+v", result)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
