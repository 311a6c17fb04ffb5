package otlp_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/exporter/report"
	"github.com/tracehook/tracehook/test/otlptest"
)

// bilingual takes OTLP in both encodings, and only as the content type says.
type bilingual struct {
	mu   sync.Mutex
	down bool
	ids  map[string]string // of spans, by the content type that they came with
}

func (b *bilingual) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down || err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	media := r.Header.Get("Content-Type")
	switch media {
	case "application/x-protobuf":
		var request coltracepb.ExportTraceServiceRequest
		if err = proto.Unmarshal(body, &request); err == nil {
			otlptest.Each(request.GetResourceSpans(), func(s *tracepb.Span) { b.ids[hex.EncodeToString(s.GetSpanId())] = media })
		}
	case "application/json":
		var request struct {
			ResourceSpans []struct {
				ScopeSpans []struct {
					Spans []struct{ SpanID string }
				}
			}
		}
		if err = json.Unmarshal(body, &request); err == nil {
			for _, rs := range request.ResourceSpans {
				for _, ss := range rs.ScopeSpans {
					for _, s := range ss.Spans {
						b.ids[s.SpanID] = media
					}
				}
			}
		}
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

// What was spooled in one encoding is sent as that after the connection has changed to the other.
func TestASpoolSurvivesAChangeOfTheEncoding(t *testing.T) {
	t.Parallel()
	for from, to := range map[string]string{"http/protobuf": "http/json", "http/json": "http/protobuf"} {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			b := &bilingual{down: true, ids: map[string]string{}}
			server := httptest.NewServer(b)
			t.Cleanup(server.Close)
			dir := filepath.Join(t.TempDir(), "spool")
			settings := func(protocol string) exporter.Settings {
				return exporter.Settings{
					Connection: "c", Setting: map[string]any{"endpoint": server.URL, "protocol": protocol},
					Spool: map[string]any{"dir": dir}, Retry: map[string]any{"budget": "1ms"},
				}
			}
			first, err := otlp.Driver().New(t.Context(), settings(from))
			if err != nil {
				t.Fatal(err)
			}
			_ = first.ExportSpans(t.Context(), otlptest.Spans(1, 3)) // spooled
			if err := first.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			second, err := otlp.Driver().New(t.Context(), settings(to))
			if err != nil {
				t.Fatal(err)
			}
			_ = second.ExportSpans(t.Context(), otlptest.Spans(4, 3))
			b.mu.Lock()
			b.down = false
			b.mu.Unlock()
			counts := report.SpoolOf(second)
			for deadline := time.Now().Add(2 * time.Minute); counts.Counts().Pending > 0; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("never empty: %+v", counts.Counts())
				}
			}
			if got := counts.Counts(); got.Dead != 0 || got.Replayed != 6 {
				t.Errorf("got %+v", got)
			}
			if err := second.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			types := map[string]string{"http/protobuf": "application/x-protobuf", "http/json": "application/json"}
			for n := range uint64(6) {
				want := types[from]
				if n >= 3 {
					want = types[to]
				}
				if got := b.ids[otlptest.ID(n+1)]; got != want {
					t.Errorf("span %d came as %q, want %q", n+1, got, want)
				}
			}
		})
	}
}

// A bound below one span sends each alone, and says so once; below one byte it is refused.
func TestABoundBelowOneSpan(t *testing.T) {
	t.Parallel()
	r := otlptest.NewHTTP(t)
	var log bytes.Buffer
	settings := exporter.Settings{
		Connection: "c", Setting: map[string]any{"url": r.URL(), "max_request_bytes": "10B"},
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	}
	e, err := otlp.Driver().New(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.ExportSpans(t.Context(), otlptest.Spans(1, 20)); err != nil {
		t.Error(err)
	}
	if err := e.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if len(r.Spans()) != 20 || r.Requests() != 20 {
		t.Errorf("%d spans in %d requests, want 20 in 20", len(r.Spans()), r.Requests())
	}
	if n := strings.Count(log.String(), "larger than max_request_bytes"); n != 1 || !strings.Contains(log.String(), "GET /users/:id") {
		t.Errorf("it is told %d times:\n%s", n, log.String())
	}
	settings.Setting["max_request_bytes"] = 0
	if err := otlp.Driver().Check(settings); err == nil || !strings.Contains(err.Error(), "max_request_bytes") {
		t.Errorf("a bound of 0: %v", err)
	}
}
