package greptime_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/test/otlptest"
)

// TestExportsConcurrentSafe shares one exporter, its encoders and the making of the table.
func TestExportsConcurrentSafe(t *testing.T) {
	t.Parallel()
	const goroutines, batches, size = 4, 5, 20
	for _, rows := range []bool{false, true} {
		t.Run(map[bool]string{false: "http", true: "rows"}[rows], func(t *testing.T) {
			t.Parallel()
			url, count := serve(t, rows, false)
			e := open(t, exporter.Settings{Setting: map[string]any{"url": url, "username": "root", "password": planted}})
			var wg sync.WaitGroup
			for g := range goroutines {
				wg.Go(func() {
					for b := range batches {
						first := uint64((g*batches + b) * size)
						if err := e.ExportSpans(t.Context(), otlptest.Spans(first+1, size)); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			if got, _ := count(); got != goroutines*batches*size {
				t.Errorf("%d spans were stored, want %d", got, goroutines*batches*size)
			}
		})
	}
}

// TestShutdownEndsAnExportThatHangs without waiting for its timeout.
func TestShutdownEndsAnExportThatHangs(t *testing.T) {
	t.Parallel()
	c := newContract(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	c.accept = func(*http.Request, *coltracepb.ExportTraceServiceRequest) answer {
		close(arrived)
		<-release
		return accepted()
	}
	defer close(release)
	e := open(t, exporter.Settings{Setting: map[string]any{"url": c.url, "timeout": "10m"}})
	ended := make(chan result, 1)
	go func() {
		got, _ := resultOf(t, e, telemetrygen(t))
		ended <- got
	}()
	<-arrived
	begin := time.Now()
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if got := <-ended; (got != result{failed: 4}) || time.Since(begin) > time.Minute {
		t.Errorf("the result is %+v after %v, want 4 failed at once", got, time.Since(begin))
	}
}

// A path in front of the API may be a key that a proxy wants.
func TestThePathOfAProxyIsNotShown(t *testing.T) {
	t.Parallel()
	e := open(t, exporter.Settings{
		Setting: map[string]any{"url": "http://127.0.0.1:1/" + planted + "/v1/otlp"}, Retry: map[string]any{"enabled": false},
	})
	_, err := resultOf(t, e, otlptest.Spans(1, 2))
	shown := fmt.Sprintf("%v %v %v", err, e, e.MarshalLog())
	if containsAll(shown, planted) || !containsAll(shown, "http://127.0.0.1:1: ", "connection refused", "greptime http://127.0.0.1:1 table") {
		t.Errorf("got %s", shown)
	}
}

func TestWhatIsShownOfAnExporter(t *testing.T) {
	t.Parallel()
	e := open(t, exporter.Settings{Setting: map[string]any{"url": "grpcs://root:" + planted + "@db/telemetry/spans"}})
	const want = "greptime grpcs://db:4001 table telemetry.spans"
	if e.String() != want {
		t.Errorf("String is %q, want %q", e, want)
	}
	shown, err := json.Marshal(e.MarshalLog())
	if got := string(shown); err != nil || got != `{"Type":"greptime","Target":"grpcs://db:4001 table telemetry.spans"}` {
		t.Errorf("MarshalLog is %s, %v", got, err)
	}
	if all := fmt.Sprintf("%v %+v %#v", e, e, e); containsAll(all, planted) {
		t.Errorf("the password is in %s", all)
	}
}
