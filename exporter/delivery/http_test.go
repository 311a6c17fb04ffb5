package delivery_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/test/otlptest"
)

// request is a body of two spans.
func request(tb testing.TB) delivery.Batch {
	tb.Helper()
	body, err := proto.Marshal(&coltracepb.ExportTraceServiceRequest{ResourceSpans: []*tracepb.ResourceSpans{{
		ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{{SpanId: []byte{1}}, {SpanId: []byte{2}}}}},
	}}})
	if err != nil {
		tb.Fatal(err)
	}
	return delivery.Batch{Body: body, Spans: 2}
}

func newHTTP(tb testing.TB, o delivery.HTTPOptions) *delivery.HTTP {
	tb.Helper()
	h, err := delivery.NewHTTP(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = h.Close() })
	return h
}

func TestHTTPVerdicts(t *testing.T) {
	t.Parallel()
	status, err := proto.Marshal(&spb.Status{Message: "span 3 has no name"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		give otlptest.Behavior
		want delivery.Outcome
		says string // in the error
		hint string
	}{
		{"delivered", otlptest.Behavior{Store: true}, delivery.Delivered, "", ""},
		{"rejected without a word", otlptest.Behavior{Status: 400}, delivery.Refused, "answered 400 Bad Request", ""},
		{"rejected in text", otlptest.Behavior{Status: 400, Body: "no\nway", ContentType: "text/plain"}, delivery.Refused, "400 Bad Request: no way", ""},
		{"rejected in protobuf", otlptest.Behavior{Status: 400, Body: string(status), ContentType: "application/x-protobuf"}, delivery.Refused, ": span 3 has no name", ""},
		{"rejected in JSON", otlptest.Behavior{Status: 400, Body: `{"code":3,"message":"span 3"}`, ContentType: "application/json"}, delivery.Refused, "Bad Request: span 3", ""},
		{"rejected in broken protobuf", otlptest.Behavior{Status: 400, Body: "\xff\xff", ContentType: "application/x-protobuf"}, delivery.Refused, "400 Bad Request", ""},
		{"no credentials", otlptest.Behavior{Status: 401}, delivery.Barred, "401", "credentials in the headers"},
		{"wrong path", otlptest.Behavior{Status: 404, Body: "<html>", ContentType: "text/html; charset=utf-8"}, delivery.Barred, ": a web page", "/v1/traces"},
		{"too large", otlptest.Behavior{Status: 413}, delivery.TooLarge, "413", ""},
		{"moved", otlptest.Behavior{Status: 307}, delivery.Barred, "307", "final address"},
		{"unknown encoding", otlptest.Behavior{Status: 415}, delivery.Barred, "415", "compression"},
		{"too many", otlptest.Behavior{Status: 429, RetryAfter: "3"}, delivery.Retry, "429 Too Many Requests", ""},
		{"unavailable", otlptest.Behavior{Status: 503, Body: "later"}, delivery.Retry, ": later", ""},
		{"gateway", otlptest.Behavior{Status: 502}, delivery.Retry, "502", ""},
		{"internal error", otlptest.Behavior{Status: 500}, delivery.Refused, "500", ""},
		{"reset", otlptest.Behavior{Reset: true}, delivery.Retry, "reset", ""},
		{"not HTTP", otlptest.Behavior{Garbage: true}, delivery.Barred, "malformed HTTP", "4318"},
		{"a web page that says yes", otlptest.Behavior{Status: 200, Body: "<html>", ContentType: "text/html"}, delivery.Barred, "no OTLP receiver", ""},
		{"a yes that can't be read", otlptest.Behavior{Status: 200, Body: "\xff", ContentType: "application/x-protobuf"}, delivery.Refused, "can't be read", ""},
		{"a plain yes", otlptest.Behavior{Status: 200, Body: "ok", ContentType: "text/plain"}, delivery.Barred, `text/plain, which begins with "ok"`, "check host, port and path"},
		{"the health of a service", otlptest.Behavior{Status: 200, Body: `{"status":"UP"}`, ContentType: "application/json"}, delivery.Barred, "JSON that isn't OTLP's", "check host, port and path"},
		{"a list of a service", otlptest.Behavior{Status: 200, Body: `[]`, ContentType: "application/json"}, delivery.Barred, "JSON that isn't OTLP's", ""},
		{"an empty object", otlptest.Behavior{Status: 200, Body: "{}\n", ContentType: "application/json"}, delivery.Delivered, "", ""},
		{"an empty partial success", otlptest.Behavior{Status: 200, Body: `{"partialSuccess":{}}`, ContentType: "application/json"}, delivery.Delivered, "", ""},
		{"no partial success", otlptest.Behavior{Status: 200, Body: `{"partialSuccess":null}`, ContentType: "application/json"}, delivery.Delivered, "", ""},
		{"a line end", otlptest.Behavior{Status: 200, Body: "\n", ContentType: "text/plain"}, delivery.Delivered, "", ""},
		{"no content", otlptest.Behavior{Status: 204}, delivery.Delivered, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := otlptest.NewHTTP(t)
			r.Behave(func(int) otlptest.Behavior { return tt.give })
			h := newHTTP(t, delivery.HTTPOptions{URL: r.URL()})
			v := h.Send(t.Context(), request(t))
			if v.Outcome != tt.want {
				t.Errorf("got %v (%v), want %v", v.Outcome, v.Err, tt.want)
			}
			if (v.Err == nil) != (v.Outcome == delivery.Delivered) {
				t.Fatalf("outcome %v with error %v", v.Outcome, v.Err)
			}
			if v.Err == nil {
				return
			}
			if text := v.Err.Error(); !strings.Contains(text, tt.says) || !strings.Contains(text, tt.hint) || !strings.HasPrefix(text, "http://"+r.Address()+" ") && !strings.HasPrefix(text, "http://"+r.Address()+":") {
				t.Errorf("got %q, want %q and %q", text, tt.says, tt.hint)
			}
			if tt.give.RetryAfter != "" && v.After != 3*time.Second {
				t.Errorf("after %v", v.After)
			}
		})
	}
}

func TestHTTPPartialSuccess(t *testing.T) {
	t.Parallel()
	r := otlptest.NewHTTP(t)
	r.Behave(func(int) otlptest.Behavior { return otlptest.Behavior{Store: true, Reject: 1, Warn: "one is\ttoo old"} })
	v := newHTTP(t, delivery.HTTPOptions{URL: r.URL()}).Send(t.Context(), request(t))
	if v.Outcome != delivery.Delivered || v.Rejected != 1 || v.Message != "one is too old" {
		t.Errorf("got %+v", v)
	}
}

func TestHTTPReadsJSONAnswers(t *testing.T) {
	t.Parallel()
	r := otlptest.NewHTTP(t)
	r.Behave(func(int) otlptest.Behavior {
		return otlptest.Behavior{Status: 200, ContentType: "application/json", Body: `{"partialSuccess":{"rejectedSpans":"2","errorMessage":"no","new":1}}`}
	})
	v := newHTTP(t, delivery.HTTPOptions{URL: r.URL()}).Send(t.Context(), request(t))
	if v.Outcome != delivery.Delivered || v.Rejected != 2 || v.Message != "no" {
		t.Errorf("got %+v", v)
	}
}

func TestHTTPSendsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	for _, compressed := range []bool{false, true} {
		r := otlptest.NewHTTP(t)
		h := newHTTP(t, delivery.HTTPOptions{URL: r.URL(), Gzip: compressed, Header: http.Header{"X-Tenant": {"a"}}})
		b := request(t)
		if v := h.Send(t.Context(), b); v.Err != nil {
			t.Fatal(v.Err)
		}
		if got := r.Bodies()[0]; string(got) != string(b.Body) {
			t.Errorf("gzip %t: the body changed", compressed)
		}
		header := r.Headers()[0]
		if header.Get("X-Tenant") != "a" || header.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("headers are %v", header)
		}
	}
}

// nobody is an address at which nobody listens. A port that was free a moment ago may be
// another test's by now.
const nobody = "127.0.0.1:1"

func TestHTTPRefusedConnection(t *testing.T) {
	t.Parallel()
	v := newHTTP(t, delivery.HTTPOptions{URL: "http://" + nobody + "/v1/traces"}).Send(t.Context(), request(t))
	if v.Outcome != delivery.Retry || v.Uncertain || !strings.Contains(v.Err.Error(), "connect: connection re") { // refused, or reset
		t.Errorf("got %+v", v)
	}
}

func TestHTTPTimeout(t *testing.T) {
	t.Parallel()
	r := otlptest.NewHTTP(t)
	late := newDeadline(t)
	r.Behave(func(int) otlptest.Behavior {
		late.pass()
		return otlptest.Behavior{Store: true, Delay: time.Minute}
	})
	v := newHTTP(t, delivery.HTTPOptions{URL: r.URL()}).Send(late, request(t))
	if v.Outcome != delivery.Retry || !v.Uncertain {
		t.Errorf("got %+v", v)
	}
}

// A certificate that nobody vouches for is not the batch's fault.
func TestHTTPUntrustedCertificate(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	v := newHTTP(t, delivery.HTTPOptions{URL: server.URL}).Send(t.Context(), request(t))
	if v.Outcome != delivery.Retry || v.Uncertain || !strings.Contains(v.Err.Error(), "(nobody in ca, or among the authorities of this system, has signed the server's certificate: set ca)") {
		t.Errorf("got %+v", v)
	}
}

func TestHTTPSchemeOfTheOtherKind(t *testing.T) {
	t.Parallel()
	r := otlptest.NewHTTP(t)
	v := newHTTP(t, delivery.HTTPOptions{URL: "https://" + r.Address() + "/v1/traces"}).Send(t.Context(), request(t))
	if !strings.Contains(v.Err.Error(), "write http://") {
		t.Errorf("got %v", v.Err)
	}
}

// Plaintext on a port for TLS: some servers answer, others send an alert. One that only hangs up may
// want anything. It is not parallel: its servers could get a port on which another test expects that nobody listens.
func TestHTTPOnAPortForTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	for name, address := range map[string]string{
		"answers":    server.Listener.Addr().String(),
		"an alert":   speak(t, "\x15\x03\x01\x00\x02\x02\x16", false),
		"nginx says": speak(t, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: 57\r\n\r\n<b>The plain HTTP request was sent to HTTPS port</b>     ", false),
	} {
		v := newHTTP(t, delivery.HTTPOptions{URL: "http://" + address + "/v1/traces"}).Send(t.Context(), request(t))
		if v.Err == nil || !strings.Contains(v.Err.Error(), "want TLS: write https://") && !strings.Contains(v.Err.Error(), "wants TLS: write https://") {
			t.Errorf("%s: no hint in %v", name, v.Err)
		}
	}
}

// Nothing is said about a connection that is cut by a server of which nothing else is known.
func TestHTTPACutConnectionHasNoHint(t *testing.T) {
	for name, address := range map[string]string{"resets": speak(t, "", true), "hangs up": speak(t, "", false)} {
		v := newHTTP(t, delivery.HTTPOptions{URL: "http://" + address + "/v1/traces"}).Send(t.Context(), request(t))
		if v.Err == nil || strings.HasSuffix(v.Err.Error(), ")") {
			t.Errorf("%s: a hint in %v", name, v.Err)
		}
	}
}

// A receiver that has answered before doesn't want TLS, whatever it does now.
func TestHTTPResetIsNotAlwaysAboutTLS(t *testing.T) {
	t.Parallel()
	r := otlptest.NewHTTP(t)
	h := newHTTP(t, delivery.HTTPOptions{URL: r.URL()})
	if v := h.Send(t.Context(), request(t)); v.Err != nil {
		t.Fatal(v.Err)
	}
	r.Behave(func(int) otlptest.Behavior { return otlptest.Behavior{Reset: true} })
	if v := h.Send(t.Context(), request(t)); v.Err == nil || strings.Contains(v.Err.Error(), "TLS") {
		t.Errorf("got %v", v.Err)
	}
}

// speak answers every connection with these bytes, after it has read some, and closes it.
func speak(tb testing.TB, words string, reset bool) (address string) {
	tb.Helper()
	return serve(tb, func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 4096))
		_, _ = conn.Write([]byte(words))
		if c, ok := conn.(*net.TCPConn); ok && reset {
			_ = c.SetLinger(0)
		}
	})
}

// serve calls do for every connection, one after the other, and closes it.
func serve(tb testing.TB, do func(net.Conn)) (address string) {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed below
	if err != nil {
		tb.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			do(conn)
			_ = conn.Close()
		}
	})
	tb.Cleanup(func() { _ = listener.Close(); wg.Wait() })
	return listener.Addr().String()
}

func TestHTTPBoundsAnswers(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		for range 200 {
			_, _ = w.Write(make([]byte, 1<<20))
		}
	}))
	t.Cleanup(server.Close)
	v := newHTTP(t, delivery.HTTPOptions{URL: server.URL}).Send(t.Context(), request(t))
	if v.Outcome != delivery.Refused || len(v.Err.Error()) > 1024 {
		t.Errorf("%v, an error of %d bytes", v.Outcome, len(v.Err.Error()))
	}
}

// Servers repeat the token that they didn't accept.
func TestHTTPKeepsSecrets(t *testing.T) {
	t.Parallel()
	r := otlptest.NewHTTP(t)
	for _, b := range []otlptest.Behavior{
		{Status: 401, Body: "unknown token pl4nted"},
		{Status: 200, Body: "pl4nted", ContentType: "text/html"},
		{Store: true, Reject: 1, Warn: "pl4nted"},
	} {
		r.Behave(func(int) otlptest.Behavior { return b })
		h := newHTTP(t, delivery.HTTPOptions{URL: r.URL(), Header: http.Header{"Authorization": {"pl4nted"}}, Secrets: delivery.Secrets{"pl4nted"}})
		v := h.Send(t.Context(), request(t))
		if err := v.Result(2); err == nil || strings.Contains(err.Error(), "pl4nted") {
			t.Errorf("%+v: %v", b, err)
		}
	}
}

func TestNewHTTPRefuses(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "localhost:4318", "ftp://h/", "http://", "http://user:pl4nted@h/", "http://h:%pl4nted/"} {
		if _, err := delivery.NewHTTP(delivery.HTTPOptions{URL: url}); err == nil || strings.Contains(err.Error(), "pl4nted") {
			t.Errorf("%q: %v", url, err)
		}
	}
}
