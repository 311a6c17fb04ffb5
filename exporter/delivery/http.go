package delivery

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// HTTPOptions describe an HTTP destination. URL is required.
type HTTPOptions struct {
	// URL is where batches are posted, complete and without user info. Only scheme, host and
	// port are ever shown: the rest may hold a key.
	URL string
	// Header is sent with every request; Content-Type defaults to application/x-protobuf.
	Header http.Header
	// RoundTripper makes the requests; nil means one made by [NewRoundTripper] without TLS
	// settings, with the proxy of the environment.
	RoundTripper http.RoundTripper
	// Secrets are kept out of everything that is said about this destination.
	Secrets Secrets
	// Success reads a 2xx answer; nil means [OTLPSuccess].
	Success func(b Batch, contentType string, body []byte) Verdict
	// Failure turns the answer of any other status into what the destination said, and a hint
	// what to do about it, "" for none; nil means [OTLPFailure].
	Failure func(status int, contentType string, body []byte) (message, hint string)
	// Network says what a failure of the network usually means here, "" for nothing; nil means
	// [NetworkHint].
	Network func(err error) string
	// Empty is the body of a request without spans, for [HTTP.Probe].
	Empty []byte
	// Gzip compresses the bodies.
	Gzip bool
}

// HTTP posts batches. It follows no redirect and keeps no cookie.
type HTTP struct {
	options HTTPOptions
	target  *url.URL
	compressor

	otlp     bool        // it says itself what else is wrong
	answered atomic.Bool // with anything that is HTTP
	knocker  *knocker    // nil behind a proxy
}

// maxAnswer bounds how much of an answer is read, and maxWords how much of it is searched for words.
const (
	maxAnswer = 1 << 20
	maxWords  = 4 << 10
)

// NewHTTP returns the transport, or an error if the URL can't be used.
func NewHTTP(o HTTPOptions) (*HTTP, error) {
	u, err := url.Parse(o.URL)
	if err != nil {
		return nil, errors.New("the url can't be parsed") // the parser's own words repeat it, with its secrets
	}
	if u.User != nil {
		return nil, errors.New("the url contains credentials: send them as a header")
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("url %q: want http://HOST:PORT/PATH or https://HOST:PORT/PATH", Place(o.URL))
	}
	h := &HTTP{options: o, target: u}
	h.options.Secrets = append(slices.Clip(o.Secrets), SecretsOf(u)...)
	h.options.Header = o.Header.Clone()
	if h.options.Header == nil {
		h.options.Header = make(http.Header)
	}
	if h.options.Header.Get("Content-Type") == "" {
		h.options.Header.Set("Content-Type", "application/x-protobuf")
	}
	if o.Gzip {
		h.options.Header.Set("Content-Encoding", "gzip")
	}
	if o.RoundTripper == nil {
		h.options.RoundTripper = NewRoundTripper(nil, nil)
	}
	if o.Success == nil {
		h.options.Success = OTLPSuccess
	}
	if o.Failure == nil {
		h.options.Failure, h.otlp = OTLPFailure, true
	}
	if o.Network == nil {
		h.options.Network = NetworkHint
	}
	if h.knocker = knockerOf(h.options.RoundTripper, u); h.knocker != nil {
		h.knocker.http1 = h.otlp
	}
	return h, nil
}

// knockerOf returns nil where a destination isn't reached directly.
func knockerOf(r http.RoundTripper, u *url.URL) *knocker {
	t, ok := r.(*http.Transport)
	if !ok {
		return nil
	}
	if t.Proxy != nil {
		if proxy, err := t.Proxy(&http.Request{URL: u}); err != nil || proxy != nil {
			return nil
		}
	}
	port := u.Port()
	if port == "" {
		port = u.Scheme
	}
	return newKnocker(net.JoinHostPort(u.Hostname(), port), u.Scheme == "https", t.TLSClientConfig)
}

// NewRoundTripper returns a transport of our own, never [http.DefaultTransport]: that may
// be instrumented, and an export that is traced is an export that makes more of them. tlsConfig
// nil means the system's roots, proxy nil means the environment's.
func NewRoundTripper(tlsConfig *tls.Config, proxy *url.URL) *http.Transport {
	t := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialClientFirst,
		TLSClientConfig:       tlsConfig,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          8,
		MaxIdleConnsPerHost:   4,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		// A bound for headers, as maxAnswer is one for bodies.
		MaxResponseHeaderBytes: 64 << 10,
		// A connection whose other end has vanished without a word would be used until the
		// system gives it up, after a quarter of an hour: HTTP/2 keeps one through timeouts.
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second},
		OnProxyConnectResponse: refusedByProxy,
	}
	if proxy != nil {
		t.Proxy = http.ProxyURL(proxy)
	}
	return t
}

// Send posts b once.
func (h *HTTP) Send(ctx context.Context, b Batch) Verdict {
	if h.options.Gzip {
		body, err := h.compress(b.Body)
		if err != nil {
			return Verdict{Outcome: Refused, Err: fmt.Errorf("compressing: %w", err)}
		}
		b = Batch{Body: body, Spans: b.Spans, ContentType: b.ContentType}
	}
	var used atomic.Pointer[net.Conn]
	defer func() {
		if c := used.Load(); c != nil && ctx.Err() != nil {
			abandon(*c)
		}
	}()
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) {
		used.Store(&got.Conn)
		if got.Reused {
			usedAgain(got.Conn)
		}
	}})
	req, err := http.NewRequestWithContext(traced, http.MethodPost, h.target.String(), http.NoBody)
	if err != nil {
		return Verdict{Outcome: Refused, Err: h.say(ctx, err)}
	}
	if len(b.Body) > 0 {
		req.Body, req.ContentLength = b.reader(), int64(len(b.Body))
		req.GetBody = func() (io.ReadCloser, error) { return b.reader(), nil }
	}
	req.Header = h.options.Header.Clone()
	if b.ContentType != "" {
		req.Header.Set("Content-Type", b.ContentType)
	}
	resp, err := h.options.RoundTripper.RoundTrip(req)
	if err != nil {
		outcome, uncertain := OfError(err)
		return Verdict{Outcome: outcome, Uncertain: uncertain, Err: h.say(ctx, err)}
	}
	h.answered.Store(true)
	defer func() { _ = resp.Body.Close() }() // an answer that was read has nothing more to say
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	outcome, uncertain := ofStatus(resp.StatusCode, string(answer[:min(len(answer), maxWords)]))
	if outcome != Delivered {
		return Verdict{
			Outcome: outcome, Uncertain: uncertain, Answered: true,
			After: retryAfter(resp.Header.Get("Retry-After"), time.Now()),
			Err:   h.failure(resp, answer),
		}
	}
	if err != nil {
		// The status said yes, what it said about single spans is lost: asking again would
		// store everything twice.
		return Verdict{Message: "the answer broke off: " + h.say(ctx, err).Error()}
	}
	v := h.options.Success(b, resp.Header.Get("Content-Type"), answer)
	v.Answered = true
	v.Message = h.options.Secrets.Printable(v.Message)
	if v.Err != nil {
		v.Err = fmt.Errorf("%s: %s", h.where(), h.options.Secrets.Printable(v.Err.Error()))
	}
	return v
}

// abandon closes the connection of a request that was given up: the next one could hang on it, too, and
// the other end could keep it busy. HTTP/2 would keep it.
func abandon(c net.Conn) {
	_ = underTLS(c).Close() // without TLS's farewell, for which a full pipe has no room
}

// underTLS returns the connection that c secures, or c if it secures none.
func underTLS(c net.Conn) net.Conn {
	if secured, ok := c.(*tls.Conn); ok {
		return secured.NetConn()
	}
	return c
}

// Probe posts a request without spans.
func (h *HTTP) Probe(ctx context.Context) Verdict { return h.Send(ctx, Batch{Body: h.options.Empty}) }

// Close closes idle connections.
func (h *HTTP) Close() error {
	if c, ok := h.options.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
	return nil
}

func (h *HTTP) where() string { return h.target.Scheme + "://" + h.target.Host }

func (h *HTTP) failure(resp *http.Response, body []byte) error {
	message, hint := h.options.Failure(resp.StatusCode, resp.Header.Get("Content-Type"), body)
	if h.otlp && strings.HasPrefix(resp.Header.Get("Content-Type"), "application/grpc") {
		hint = hintGRPC
	}
	text := fmt.Sprintf("%s answered %d %s", h.where(), resp.StatusCode, http.StatusText(resp.StatusCode))
	if message = h.options.Secrets.Printable(message); message != "" {
		text += ": " + message
	}
	if hint != "" {
		text += " (" + hint + ")"
	}
	return errors.New(text)
}

// say describes a failure of the network, with a hint where the cause is known.
func (h *HTTP) say(ctx context.Context, err error) error {
	text := err.Error()
	alert := alertIn(text)
	hint := alertHint(alert, h.knocker.certificate())
	if hint == "" && !h.answered.Load() && (alert == vague || unclear(err)) {
		hint = h.knocker.ask(ctx)
	}
	if hint == "" {
		hint = h.options.Network(err)
	}
	text = h.options.Secrets.Printable(text)
	if hint != "" {
		text += " (" + hint + ")"
	}
	return &networkError{where: h.where(), text: text, err: err}
}

// networkError keeps the cause for errors.Is, but not its words, which may hold a secret.
type networkError struct {
	where, text string
	err         error
}

func (e *networkError) Error() string { return e.where + ": " + e.text }
func (e *networkError) Unwrap() error { return e.err }
