package entry

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"

	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge/propagators"
)

// Transport makes a client span of each HTTP request, below the span of the request's context, and
// injects it. The zero Transport is ready to use. Its fields aren't changed after first use; then it is
// safe for concurrent use.
//
// The span is named by the method, and ends when the body of the response was read to its end or
// closed. It is an error for a status of 400 and above, and if there was no response.
type Transport struct {
	// Tracer says how spans are made.
	Tracer Tracer
	// Base sends the requests; nil is [http.DefaultTransport].
	Base http.RoundTripper
}

func (t *Transport) base() http.RoundTripper {
	if t.Base == nil {
		return http.DefaultTransport
	}
	return t.Base
}

// RoundTrip implements [http.RoundTripper].
//
//nolint:contextcheck // a Meta's context is below that of the request
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	known, method := methodOf(r.Method)
	host, port := hostPort(r.URL.Host)
	attrs := tracehook.Map{
		"kind": tracehook.TraceKindClient, "target": r.URL.Host,
		string(semconv.HTTPRequestMethodKey): known,
		string(semconv.URLFullKey):           fullURL(r),
		string(semconv.ServerAddressKey):     host,
	}
	if t.Tracer.Service != "" {
		attrs["service"] = t.Tracer.Service
	}
	if port > 0 {
		attrs[string(semconv.ServerPortKey)] = port
	}
	if method != "" {
		attrs[string(semconv.HTTPRequestMethodOriginalKey)] = method
	}
	m := tracehook.NewMeta().WithContext(r.Context())
	span := t.Tracer.beginOn(m, known, attrs)
	ctx := m.Context()
	out := r.Clone(ctx)
	t.Tracer.propagator().Inject(propagators.ContextWithHost(ctx, r.URL.Host), propagation.HeaderCarrier(out.Header))
	res, err := t.base().RoundTrip(out)
	own := trace.SpanFromContext(ctx)
	if err != nil {
		own.SetAttributes(errorType(err))
		span.End(err)
		return res, err
	}
	own.SetAttributes(semconv.HTTPResponseStatusCode(res.StatusCode))
	end := func() { span.End() }
	if res.StatusCode >= http.StatusBadRequest {
		code := strconv.Itoa(res.StatusCode)
		own.SetAttributes(semconv.ErrorTypeKey.String(code))
		end = func() { span.End(errors.New("http status " + code)) }
	}
	res.Body = endingWith(res.Body, end)
	return res, nil
}

// CloseIdleConnections closes those of the base.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.base().(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// fullURL returns the address of r without user, password and query.
func fullURL(r *http.Request) string {
	u := *r.URL
	u.User, u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = nil, "", false, "", ""
	return u.String()
}

// body calls end once, when it was read to its end or closed.
type body struct {
	io.ReadCloser
	end  func()
	once sync.Once
}

// upgraded is the body of a response that switches protocols: it can be written to.
type upgraded struct {
	*body
	io.Writer
}

func endingWith(b io.ReadCloser, end func()) io.ReadCloser {
	if b == nil || b == http.NoBody {
		end()
		return b
	}
	ending := &body{ReadCloser: b, end: end}
	if w, ok := b.(io.Writer); ok {
		return &upgraded{ending, w}
	}
	return ending
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.once.Do(b.end)
	}
	return n, err
}

func (b *body) Close() error {
	b.once.Do(b.end)
	return b.ReadCloser.Close()
}
