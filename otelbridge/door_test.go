package otelbridge_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/tracehook/tracehook/otelbridge"
)

// gatekeeper is an OTLP receiver that wants a token.
type gatekeeper struct {
	token            atomic.Pointer[string] // nil lets nobody in
	spans, bad, full atomic.Int64
}

func (g *gatekeeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var request coltracepb.ExportTraceServiceRequest
	if err != nil || proto.Unmarshal(body, &request) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if want := g.token.Load(); want == nil || r.Header.Get("Authorization") != "Bearer "+*want {
		g.bad.Add(1)
		if len(body) > 0 {
			g.full.Add(1)
		}
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	for _, rs := range request.GetResourceSpans() {
		for _, ss := range rs.GetScopeSpans() {
			g.spans.Add(int64(len(ss.GetSpans())))
		}
	}
}

func (g *gatekeeper) want(token string) { g.token.Store(&token) }

func end(t *testing.T, tracer trace.Tracer, n int) {
	t.Helper()
	for range n {
		_, span := tracer.Start(t.Context(), "s")
		span.End()
	}
}

// A token that has expired costs nothing, with a spool and without: spans wait, it is said, and
// they arrive when the token is right again.
func TestAnExpiredTokenLosesNothing(t *testing.T) {
	t.Parallel()
	for _, spooled := range []bool{true, false} {
		g := &gatekeeper{}
		server := httptest.NewServer(g)
		defer server.Close()
		text := `
[otel]
shutdown_timeout = "2s"
[trace.otlp]
driver = "otlp"
timeout = "50ms"
export_timeout = "500ms" # far less than it takes
setting = { endpoint = %q, headers = { authorization = "Bearer right" } }
`
		if spooled {
			text += "spool = { dir = '" + filepath.ToSlash(filepath.Join(t.TempDir(), "spool")) + "' }\n"
		}
		b, err := otelbridge.New(t.Context(), parse(t, text, server.URL))
		if err != nil {
			t.Fatal(err)
		}
		tracer := b.TracerProvider().Tracer("t")
		end(t, tracer, 300)
		if err := b.ForceFlush(t.Context()); err == nil || !strings.Contains(err.Error(), "300 spans are waiting") || !strings.Contains(err.Error(), "401") {
			t.Errorf("spool %t: the flush said %v", spooled, err)
		}
		if h := b.Health(); h.Connections["otlp"].State != "failing" || !strings.Contains(h.Connections["otlp"].Why, "401") {
			t.Errorf("spool %t: the health is %+v", spooled, h)
		}
		end(t, tracer, 300)
		if n := g.full.Load(); n > 3 {
			t.Errorf("spool %t: %d batches were sent to a wrong door", spooled, n)
		}
		g.want("right")
		// It is asked after 1, 2, 4 ... s: on a busy machine, much of that has passed by now.
		for deadline := time.Now().Add(2 * time.Minute); g.spans.Load() < 600 && time.Now().Before(deadline); {
			time.Sleep(10 * time.Millisecond)
		}
		if err := b.Shutdown(t.Context()); err != nil || g.spans.Load() != 600 {
			t.Errorf("spool %t: %d of 600 spans arrived, %v", spooled, g.spans.Load(), err)
		}
		s := b.Stats().Connections["otlp"]
		if s.Failed != 0 || s.Dead != 0 || s.Abandoned != 0 {
			t.Errorf("spool %t: failed %d, dead %d, abandoned %d", spooled, s.Failed, s.Dead, s.Abandoned)
		}
	}
}
