package entry_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge/entry"
	"github.com/tracehook/tracehook/otelbridge/propagators"
)

// serving returns a server and a client of it.
func serving(t *testing.T, h http.Handler) (*httptest.Server, *http.Client) {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) //nolint:forbidigo // net/http asks for one
	server.Start()
	t.Cleanup(server.Close)
	client := server.Client()
	// A client tries again, by itself, if a connection that it has used before is closed.
	client.Transport.(*http.Transport).DisableKeepAlives = true //nolint:errcheck // httptest has one
	t.Cleanup(client.CloseIdleConnections)
	return server, client
}

// ended waits for n spans: a server ends its own after the client has the response.
func ended(t *testing.T, spans *tracetest.SpanRecorder, n int) []sdktrace.ReadOnlySpan {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if all := spans.Ended(); len(all) >= n {
			return all
		}
	}
	t.Fatalf("%d of %d spans", len(spans.Ended()), n)
	return nil
}

// answer is what a client gets; zero if the connection broke.
type answer struct {
	status int
	header http.Header
}

func get(t *testing.T, client *http.Client, url string, header ...string) (answer, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := client.Do(r)
	if err != nil {
		return answer{}, "no answer"
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{res.StatusCode, res.Header}, err.Error()
	}
	return answer{res.StatusCode, res.Header}, string(text)
}

// handlers do what handlers do.
func handlers() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"/ok/{id}": func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.PathValue("id")) },
		"/nothing": func(http.ResponseWriter, *http.Request) {},
		"/missing": http.NotFound,
		"/down":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"/panic":   func(http.ResponseWriter, *http.Request) { panic("oops") },                                    //nolint:forbidigo // as users do
		"/abort":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },                      //nolint:forbidigo // as users do
		"/halfway": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x"); panic("late") }, //nolint:forbidigo // as users do
		"/twice": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
			w.WriteHeader(http.StatusInternalServerError)
		},
		"/rubbish": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(42) },
		"/interim": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusCreated)
		},
		"/flush": func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush() //nolint:errcheck // as users do
			_, _ = io.WriteString(w, "flushed")
		},
		"/stream": func(w http.ResponseWriter, _ *http.Request) { _ = http.NewResponseController(w).Flush() },
		"/deadline": func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute))
		},
		"/copy": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, strings.NewReader("copied")) },
		"/hijack": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack() //nolint:errcheck // as users do
			if err == nil {
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
				_ = conn.Close()
			}
		},
		"/upgrade": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Upgrade", "echo")
			w.Header().Set("Connection", "Upgrade")
			w.WriteHeader(http.StatusSwitchingProtocols)
			conn, rw, err := http.NewResponseController(w).Hijack()
			if err == nil {
				line, _ := rw.ReadString('\n')
				_, _ = io.WriteString(conn, line)
				_ = conn.Close()
			}
		},
	}
}

// What handlers do works as without the Middleware, and each request has one span that ends once.
func TestHandlersWorkAsEver(t *testing.T) {
	t.Parallel()
	type want struct {
		status string // http.response.status_code
		code   codes.Code
		text   string
	}
	wants := map[string]want{
		"/ok/7": {"200", codes.Unset, ""}, "/nothing": {"200", codes.Unset, ""}, "/missing": {"404", codes.Unset, ""},
		"/down": {"503", codes.Error, "http status 503"}, "/panic": {"", codes.Error, "panic: oops"},
		"/abort": {"", codes.Error, "the handler aborted the response"}, "/halfway": {"", codes.Error, "panic: late"},
		"/twice": {"418", codes.Unset, ""}, "/rubbish": {"", codes.Error, "panic: invalid WriteHeader code 42"},
		"/interim": {"201", codes.Unset, ""}, "/flush": {"200", codes.Unset, ""}, "/stream": {"200", codes.Unset, ""},
		"/deadline": {"200", codes.Unset, ""}, "/copy": {"200", codes.Unset, ""}, "/hijack": {"", codes.Unset, ""}, "/nowhere": {"404", codes.Unset, ""},
	}
	mux := http.NewServeMux()
	for pattern, h := range handlers() {
		mux.Handle("GET "+pattern, h)
	}
	tracer, spans := traced()
	plain, plainClient := serving(t, mux)
	ours, client := serving(t, (&entry.Middleware{Tracer: tracer}).Handler(mux))
	n := 0
	for path, want := range wants {
		res, text := get(t, client, ours.URL+path)
		plainRes, plainText := get(t, plainClient, plain.URL+path)
		if res.status != plainRes.status || text != plainText {
			t.Errorf("%s: %d %q, without the Middleware %d %q", path, res.status, text, plainRes.status, plainText)
		}
		n++
		all := ended(t, spans, n)
		s := all[len(all)-1]
		route := strings.Replace(path, "7", "{id}", 1)
		name := "http:" + route
		if path == "/nowhere" {
			name, route = "http:unknown", ""
		}
		got := attrs(s)
		if s.Name() != name || got["http.route"] != route || got["http.response.status_code"] != want.status || s.Status().Code != want.code || s.Status().Description != want.text {
			t.Errorf("%s: %s with %v, %v; want %s, %v", path, s.Name(), s.Status(), got, name, want)
		}
		if s.SpanKind() != trace.SpanKindServer || got["tracehook.target"] != strings.TrimPrefix(name, "http:") || got["method"] != "GET" || got["path"] != path {
			t.Errorf("%s: %v, %v", path, s.SpanKind(), got)
		}
	}
	if all := ended(t, spans, n); len(all) != n {
		t.Errorf("%d spans of %d requests", len(all), n)
	}
	server := attrs(spans.Ended()[0])
	for _, key := range []string{"host", "url.scheme", "server.address", "server.port", "client.address", "network.peer.address", "network.peer.port", "network.protocol.version", "user_agent.original", "http.request.method", "url.path"} {
		if server[key] == "" {
			t.Errorf("there is no %s in %v", key, server)
		}
	}
}

// A connection that switches protocols is the handler's own.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	tracer, spans := traced()
	server, _ := serving(t, (&entry.Middleware{Tracer: tracer}).Handler(handlers()["/upgrade"]))
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	in := bufio.NewReader(conn)
	if line, _ := in.ReadString('\n'); !strings.Contains(line, "101") {
		t.Fatalf("answer %q", line)
	}
	_, _ = io.WriteString(conn, "hello\n")
	text, _ := io.ReadAll(in)
	if !strings.HasSuffix(string(text), "hello\n") {
		t.Errorf("echo %q", text)
	}
	if s := ended(t, spans, 1)[0]; attrs(s)["http.response.status_code"] != "101" || s.Status().Code != codes.Unset {
		t.Errorf("%v", attrs(s))
	}
}

// The caller's span is the parent, an edge has a link, and the response says where the request is.
func TestRequestsAndResponses(t *testing.T) {
	t.Parallel()
	tracer, spans := traced()
	m := &entry.Middleware{
		Tracer: tracer, Kind: tracehook.TraceKindWeb, TraceParent: true, ServerTiming: true, Respond: propagators.RequestID{}.Respond,
		Key: func(r *http.Request) string { return strings.Trim(r.URL.Path, "/") },
	}
	server, client := serving(t, m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.Tracer.Hook.Begin(entry.MetaFrom(r.Context()), "child", nil).End()
	})))
	const parent = "00-0102030405060708ffffffffffffffff-0102030405060708-01"
	res, _ := get(t, client, server.URL+"/page", "Traceparent", parent)
	all := ended(t, spans, 2)
	s := all[1]
	if s.Name() != "web:page" || s.Parent().SpanID().String() != "0102030405060708" || all[0].Parent().SpanID() != s.SpanContext().SpanID() || attrs(all[0])["tracehook.entry"] != "page" {
		t.Errorf("%s below %v; child %v with %v", s.Name(), s.Parent(), all[0].Parent(), attrs(all[0]))
	}
	own := "00-0102030405060708ffffffffffffffff-" + s.SpanContext().SpanID().String() + "-01"
	if res.header.Get("traceparent") != own || res.header.Get("Server-Timing") != `traceparent;desc="`+own+`"` || res.header.Get("X-Request-Id") == "" {
		t.Errorf("response headers %v, want %s", res.header, own)
	}
	tracer.Edge = entry.Restart
	edge := &entry.Middleware{Tracer: tracer}
	server, client = serving(t, edge.Handler(http.NotFoundHandler()))
	if res, _ := get(t, client, server.URL, "Traceparent", parent); res.header.Get("traceparent") != "" {
		t.Error("nobody has asked for it")
	}
	if s := ended(t, spans, 3)[2]; s.Parent().IsValid() || len(s.Links()) != 1 || s.Links()[0].SpanContext.SpanID().String() != "0102030405060708" {
		t.Errorf("at an edge: below %v, links %v", s.Parent(), s.Links())
	}
}

// Below another server span the Middleware makes none, and adds to that one what it knows.
func TestBelowOtherInstrumentation(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"GET": "", "http:unknown": "GET /ok/{id}"} {
		tracer, spans := traced()
		tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
		mux := http.NewServeMux()
		for pattern, h := range handlers() {
			mux.Handle("GET "+pattern, h)
		}
		inner := (&entry.Middleware{Tracer: tracer}).Handler(mux)
		var pattern string
		server, client := serving(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, span := tp.Tracer("other").Start(r.Context(), name, trace.WithSpanKind(trace.SpanKindServer))
			defer span.End()
			r = r.WithContext(ctx)
			defer func() { pattern = r.Pattern }()
			inner.ServeHTTP(w, r)
		}))
		_, _ = get(t, client, server.URL+"/ok/1")
		s := ended(t, spans, 1)[0]
		if got := attrs(s); s.Name() != "http:/ok/{id}" || got["http.route"] != "/ok/{id}" || got["tracehook.target"] != "/ok/{id}" || got["tracehook.service"] != "shop" {
			t.Errorf("%s with %v", s.Name(), got)
		}
		if pattern != want {
			t.Errorf("instrumentation that names a span %q gets the pattern %q, want %q", name, pattern, want)
		}
		_, _ = get(t, client, server.URL+"/panic")
		if s := ended(t, spans, 2)[1]; s.Name() != "http:/panic" || s.Status().Code != codes.Error || s.Status().Description != "panic: oops" {
			t.Errorf("%s: %v", s.Name(), s.Status())
		}
		_, _ = get(t, client, server.URL+"/abort")
		if s := ended(t, spans, 3)[2]; s.Status().Code != codes.Error {
			t.Errorf("%s: %v", s.Name(), s.Status())
		}
	}
}

// A client's span is the server's parent, and ends with the body.
func TestTransport(t *testing.T) {
	t.Parallel()
	tracer, spans := traced()
	mux := http.NewServeMux()
	for pattern, h := range handlers() {
		mux.Handle(pattern, h)
	}
	server, _ := serving(t, (&entry.Middleware{Tracer: tracer}).Handler(mux))
	base := &http.Transport{DisableKeepAlives: true}
	client := &http.Client{Transport: &entry.Transport{Tracer: tracer, Base: base}}
	t.Cleanup(client.CloseIdleConnections)
	for _, path := range []string{"/ok/1?token=secret", "/missing", "/abort"} {
		before := len(spans.Ended())
		_, _ = get(t, client, strings.Replace(server.URL, "http://", "http://user:password@", 1)+path)
		all := ended(t, spans, before+2)[before:]
		slices.SortFunc(all, func(a, b sdktrace.ReadOnlySpan) int { return int(a.SpanKind() - b.SpanKind()) })
		s, c := all[0], all[1]
		if s.Parent().SpanID() != c.SpanContext().SpanID() || c.SpanKind() != trace.SpanKindClient || c.Name() != "GET" {
			t.Errorf("%s: %s below %v", path, s.Name(), s.Parent())
		}
		if failed := path != "/ok/1?token=secret"; (c.Status().Code == codes.Error) != failed {
			t.Errorf("%s: %v", path, c.Status())
		}
		got := attrs(c)
		if got["url.full"] != server.URL+strings.TrimSuffix(path, "?token=secret") || got["server.address"] != "127.0.0.1" || got["http.request.method"] != "GET" {
			t.Errorf("%s: %v", path, got)
		}
	}
	refusing := &entry.Transport{Tracer: tracer, Base: failing{}}
	r, err := http.NewRequestWithContext(t.Context(), "BREW", "http://example.com/?token=secret#secret", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	n := len(spans.Ended())
	if res, err := refusing.RoundTrip(r); err == nil {
		_ = res.Body.Close()
		t.Error("no error")
	}
	if s := ended(t, spans, n+1)[n]; s.Name() != "_OTHER" || attrs(s)["http.request.method_original"] != "BREW" || attrs(s)["url.full"] != "http://example.com/" || s.Status().Description != "refused" || len(r.Header) > 0 {
		t.Errorf("%s: %v, %v", s.Name(), s.Status(), attrs(s))
	}
	refusing.CloseIdleConnections()
	told := ""
	host := entry.HostTransport{Base: seeing(func(r *http.Request) { told = r.URL.Host })}
	res, err := host.RoundTrip(r)
	if err != nil || told != "example.com" {
		t.Errorf("%v, %q", err, told)
	}
	_ = res.Body.Close()
}

// The span of a request ends when its body has been read, or was closed before.
func TestTransportEndsWithTheBody(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(io.ReadCloser){
		"read to its end": func(b io.ReadCloser) { _, _ = io.ReadAll(b) },
		"closed":          func(b io.ReadCloser) { _ = b.Close() },
	} {
		tracer, spans := traced()
		transport := &entry.Transport{Tracer: tracer, Base: answering("hello")}
		res, err := transport.RoundTrip(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.com/", http.NoBody))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = res.Body.Read(make([]byte, 2))
		if n := len(spans.Ended()); n != 0 {
			t.Errorf("%s: the span has ended before the body", name)
		}
		for range 2 {
			use(res.Body)
			if n := len(spans.Ended()); n != 1 {
				t.Errorf("%s: %d spans have ended", name, n)
			}
		}
		_ = res.Body.Close()
	}
}

// answering is a server with a body.
type answering string

func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(a)))}, nil
}

type failing struct{}

func (failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("refused") }

type seeing func(*http.Request)

func (s seeing) RoundTrip(r *http.Request) (*http.Response, error) {
	s(r)
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

// Headers of any length and content neither panic nor get past the bounds of attributes.
func FuzzRequests(f *testing.F) {
	f.Add("GET", "/ok/1", "host:80", "agent", "00-0102030405060708ffffffffffffffff-0102030405060708-01", "a=1")
	f.Fuzz(func(t *testing.T, method, path, host, agent, traceparent, tracestate string) {
		tracer, spans := traced()
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "http://x/", http.NoBody)
		r.Method, r.URL.Path, r.Host = method, path, host
		r.Header = http.Header{"User-Agent": {agent}, "Traceparent": {traceparent}, "Tracestate": {tracestate, tracestate}}
		(&entry.Middleware{Tracer: tracer}).Handler(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
		if len(spans.Ended()) != 1 {
			t.Errorf("%d spans", len(spans.Ended()))
		}
		if got := attrs(spans.Ended()[0]); len(got["user_agent.original"]) > 512 || len(got["http.request.method_original"]) > 512 {
			t.Errorf("%v", got)
		}
	})
}

var _ propagation.TextMapCarrier = (*entry.Environ)(nil)
