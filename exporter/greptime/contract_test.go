package greptime_test

import (
	"compress/gzip"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// answer is what a server says.
type answer struct {
	status      int
	contentType string
	body        []byte
	header      map[string]string
}

// contract is an HTTP server that knows GreptimeDB's published rules for traces: it refuses
// requests that break them with the bytes that GreptimeDB would use, and leaves the others to
// accept.
type contract struct {
	tb     testing.TB
	url    string
	accept func(r *http.Request, request *coltracepb.ExportTraceServiceRequest) answer
	// Username and password; "" lets everybody in.
	username, password string

	mu       sync.Mutex
	requests []*http.Request
	bodies   [][]byte
}

func newContract(tb testing.TB) *contract {
	tb.Helper()
	c := &contract{tb: tb, accept: func(*http.Request, *coltracepb.ExportTraceServiceRequest) answer { return accepted() }}
	server := httptest.NewServer(c)
	tb.Cleanup(server.Close)
	c.url = server.URL
	return c
}

func accepted() answer {
	return answer{status: http.StatusOK, contentType: "application/x-protobuf", header: map[string]string{"x-greptime-metrics": `{"greptime_exec_write_cost":4}`}}
}

func jsonError(status int, body string) answer {
	return answer{status: status, contentType: "application/json", body: []byte(body)}
}

// always gives the same answer.
func always(a answer) func(*http.Request, *coltracepb.ExportTraceServiceRequest) answer {
	return func(*http.Request, *coltracepb.ExportTraceServiceRequest) answer { return a }
}

// ServeHTTP answers one request.
func (c *contract) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := plainBody(r)
	if err != nil {
		c.tb.Errorf("the body can't be read: %v", err)
	}
	c.mu.Lock()
	c.requests = append(c.requests, r)
	c.bodies = append(c.bodies, body)
	c.mu.Unlock()
	a := c.judge(r, body)
	w.Header().Set("Content-Type", a.contentType)
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

func (c *contract) judge(r *http.Request, body []byte) answer {
	if r.Method != http.MethodPost || r.URL.Path != "/v1/otlp/v1/traces" {
		return answer{status: http.StatusNotFound}
	}
	if a, ok := c.authorize(r.Header.Get("Authorization")); !ok {
		return a
	}
	var request coltracepb.ExportTraceServiceRequest
	media := r.Header.Get("Content-Type")
	switch pipeline := r.Header.Get("X-Greptime-Pipeline-Name"); {
	case pipeline == "":
		return jsonError(http.StatusBadRequest, `{"error":"Pipeline is required for this API."}`)
	case strings.HasSuffix(media, "json"):
		return jsonError(http.StatusBadRequest, `{"error":"Unsupported content type 'application/json'. OTLP endpoint only supports 'application/x-protobuf'."}`)
	case proto.Unmarshal(body, &request) != nil:
		return jsonError(http.StatusBadRequest, `{"error":"Failed to decode OTLP request (content-type: application/x-protobuf): invalid wire type"}`)
	case pipeline != "greptime_trace_v1" && len(request.GetResourceSpans()) > 0:
		return jsonError(http.StatusBadRequest, `{"error":"Not supported: Unsupported pipeline for trace"}`)
	}
	return c.accept(r, &request)
}

func (c *contract) authorize(header string) (answer, bool) {
	if c.username == "" {
		return answer{}, true
	}
	encoded, ok := strings.CutPrefix(header, "Basic ")
	credentials, err := base64.StdEncoding.DecodeString(encoded)
	username, password, _ := strings.Cut(string(credentials), ":")
	switch {
	case !ok || err != nil:
		return jsonError(http.StatusUnauthorized, `{"code":7003,"error":"Not found http or grpc authorization header","execution_time_ms":0}`), false
	case username != c.username:
		return jsonError(http.StatusUnauthorized, `{"code":7000,"error":"User not found, username: `+username+`","execution_time_ms":0}`), false
	case password != c.password:
		return jsonError(http.StatusUnauthorized, `{"code":7002,"error":"Username and password does not match, username: `+username+`","execution_time_ms":0}`), false
	}
	return answer{}, true
}

func (c *contract) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.requests)
}

// last returns the last request and its body, decompressed.
func (c *contract) last() (*http.Request, []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.requests) == 0 {
		c.tb.Fatal("no request has arrived")
	}
	return c.requests[len(c.requests)-1], c.bodies[len(c.bodies)-1]
}

func plainBody(r *http.Request) ([]byte, error) {
	if r.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(r.Body)
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
