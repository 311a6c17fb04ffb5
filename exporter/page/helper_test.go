package page_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/page"
)

// served is a page and somebody who asks it.
type served struct {
	*page.Exporter
	t      *testing.T
	client *http.Client
}

func serve(t *testing.T, opts ...page.Option) *served {
	t.Helper()
	e, err := page.New(t.Context(), append([]page.Option{page.WithListen("127.0.0.1:0")}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := e.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return &served{e, t, &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (s *served) export(spans ...sdktrace.ReadOnlySpan) {
	s.t.Helper()
	if err := s.ExportSpans(s.t.Context(), spans); err != nil {
		s.t.Fatal(err)
	}
}

// response is an answer whose body has been read.
type response struct {
	StatusCode int
	Status     string
	Header     http.Header
}

// ask sends a request with headers, given as pairs, and returns the answer and its body.
func (s *served) ask(method, path string, headers ...string) (response, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, strings.TrimSuffix(s.Address(), "/")+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for pair := range slices.Chunk(headers, 2) {
		if pair[0] == "Host" {
			r.Host = pair[1]
		}
		r.Header.Set(pair[0], pair[1])
	}
	answer, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response{answer.StatusCode, answer.Status, answer.Header}, string(body)
}

// open asks for what follows, which ends with the test.
func (s *served) open(path string) (http.Header, io.Reader) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, strings.TrimSuffix(s.Address(), "/")+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = answer.Body.Close() })
	return answer.Header, answer.Body
}

// dial opens a connection by hand.
func (s *served) dial() (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(s.t.Context(), "tcp", strings.TrimSuffix(strings.TrimPrefix(s.Address(), "http://"), "/"))
}

// get is ask for what must succeed.
func (s *served) get(path string) string {
	s.t.Helper()
	answer, body := s.ask(http.MethodGet, path)
	if answer.StatusCode != http.StatusOK {
		s.t.Fatalf("GET %s: %s %s", path, answer.Status, body)
	}
	return body
}

// read is get for JSON.
func read[T any](s *served, path string) (v T) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.get(path)), &v); err != nil {
		s.t.Fatalf("GET %s: %v", path, err)
	}
	return v
}

func path(path string, params ...string) string {
	values := url.Values{}
	for pair := range slices.Chunk(params, 2) {
		values.Set(pair[0], pair[1])
	}
	return path + "?" + values.Encode()
}

// data is as much of an OTLP JSON message as the tests look at.
type data struct {
	ResourceSpans []struct {
		ScopeSpans []struct {
			Spans []struct{ TraceID, SpanID, Name string }
		}
	}
	Missed int
}

// numbers returns the last digit of the id of each span in lines of OTLP JSON.
func numbers(t *testing.T, body string) string {
	t.Helper()
	var all strings.Builder
	for line := range bytes.Lines([]byte(body)) {
		var d data
		if err := json.Unmarshal(line, &d); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		for _, r := range d.ResourceSpans {
			for _, scope := range r.ScopeSpans {
				for _, s := range scope.Spans {
					all.WriteByte(s.SpanID[len(s.SpanID)-1])
				}
			}
		}
	}
	return all.String()
}
