package otlp

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/report"
)

// traceMethod is the one call of OTLP/gRPC for traces.
const traceMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

// Exporter sends spans to one OTLP destination. The official exporter encodes them; what
// comes out of it is sent, retried and spooled by package delivery. Its methods are safe for
// concurrent use.
type Exporter struct {
	official *otlptrace.Exporter
	rewrite  *rewriter
	shared   *shared // nil if there is nobody to share with
	out      *delivery.Outlet
}

// New returns an exporter. It connects to nothing yet: a destination that is down doesn't
// keep a process from starting.
func New(ctx context.Context, o Options) (*Exporter, error) {
	transport, client, err := build(&o)
	if err != nil {
		return nil, err
	}
	e := &Exporter{official: otlptrace.NewUnstarted(repairing{client}), rewrite: newRewriter(o)}
	if err := e.official.Start(ctx); err != nil {
		return nil, errors.Join(err, transport.Close())
	}
	e.out = delivery.New(ctx, transport, delivery.Options{
		Logger: o.Logger, Backoff: o.Backoff, Timeout: o.Timeout, Budget: o.Budget, Once: o.Once,
	}, o.place())
	if o.shared != nil && !e.rewrite.active() {
		e.shared = o.shared
		e.shared.join(1)
	}
	for _, warning := range o.warnings {
		o.Logger.WarnContext(ctx, warning)
	}
	return e, nil
}

// build fills the gaps of o and makes the two ends: what sends, and what encodes.
func build(o *Options) (delivery.Transport, otlptrace.Client, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.GRPC {
		return buildGRPC(o)
	}
	return buildHTTP(o)
}

func buildHTTP(o *Options) (delivery.Transport, otlptrace.Client, error) {
	if o.URL == "" {
		o.URL = defaultHTTP
	}
	header := make(http.Header, len(o.Headers))
	for name, value := range o.Headers {
		header.Set(name, value)
	}
	if header.Get("User-Agent") == "" {
		header.Set("User-Agent", userAgent())
	}
	transport, err := delivery.NewHTTP(delivery.HTTPOptions{
		URL: o.URL, Header: header, Gzip: o.Gzip, Failure: o.Failure, Secrets: o.secrets(),
		RoundTripper: delivery.NewRoundTripper(o.TLS, o.Proxy),
	})
	if err != nil {
		return nil, nil, err
	}
	// Everything that the environment could change is set: headers that are meant for one
	// destination would go to all otherwise.
	return transport, otlptracehttp.NewClient(
		otlptracehttp.WithEndpointURL("http://localhost/"),
		otlptracehttp.WithHTTPClient(&http.Client{Transport: roundTripper{}}),
		otlptracehttp.WithHeaders(map[string]string{}),
		otlptracehttp.WithEncoding(otlptracehttp.EncodingProtobuf),
		otlptracehttp.WithCompression(otlptracehttp.NoCompression),
		otlptracehttp.WithTLSClientConfig(nil),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{}),
	), nil
}

func buildGRPC(o *Options) (delivery.Transport, otlptrace.Client, error) {
	if o.URL == "" {
		o.URL = defaultGRPC
	}
	creds := insecure.NewCredentials()
	if !o.Insecure {
		creds = credentials.NewTLS(o.TLS)
	}
	conn, err := delivery.Dial(o.URL, creds, userAgent(), grpc.WithUnaryInterceptor(intercept))
	if err != nil {
		return nil, nil, err
	}
	transport := delivery.NewGRPC(delivery.GRPCOptions{
		Conn: conn, Method: traceMethod, Metadata: o.Headers, Gzip: o.Gzip, Secrets: o.secrets(),
	})
	return transport, otlptracegrpc.NewClient(
		otlptracegrpc.WithGRPCConn(conn),
		otlptracegrpc.WithHeaders(map[string]string{}),
		otlptracegrpc.WithTimeout(0),
		otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{}),
	), nil
}

// ExportSpans sends spans and returns nil or a [*report.Result]. It blocks until they are
// delivered, given up or spooled, and returns soon after ctx is done. After Shutdown it
// returns nil and does nothing.
func (e *Exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := e.out.Export(ctx, e.encode(spans))
	if errors.Is(err, delivery.ErrShutdown) {
		return nil
	}
	return err
}

// encode returns the work of one export.
func (e *Exporter) encode(spans []sdktrace.ReadOnlySpan) func(context.Context, delivery.Deliver) error {
	return func(ctx context.Context, deliver delivery.Deliver) error {
		if len(spans) == 0 {
			return nil
		}
		if body, ok := e.shared.encode(spans); ok { //nolint:contextcheck // encoding waits for nothing
			return deliver(ctx, delivery.Batch{Body: body, Spans: len(spans)})
		}
		c := &call{ctx: ctx, deliver: deliver, spans: len(spans)}
		err := e.official.ExportSpans(c.context(), e.rewrite.spans(spans)) //nolint:contextcheck // see call
		if c.reached {
			return c.err
		}
		if err != nil {
			return &report.Result{Failed: len(spans), Err: fmt.Errorf("encoding for %s: %w", e.out.Target(), err)}
		}
		return nil
	}
}

// Resent returns how many spans were sent again after an attempt whose answer was lost: the
// destination may have them twice.
func (e *Exporter) Resent() int64 { return e.out.Resent() }

// Shutdown ends running exports, which then fail or go to the spool, and closes the
// connections. It returns soon after ctx is done. Later calls return the same result.
func (e *Exporter) Shutdown(ctx context.Context) error {
	return e.out.Shutdown(ctx, func() error {
		if e.shared != nil {
			e.shared.join(-1)
		}
		return e.official.Shutdown(context.WithoutCancel(ctx))
	})
}

// String returns the destination, without secrets.
func (e *Exporter) String() string { return "otlp " + e.out.Target() }

// MarshalLog returns what a log may say about e.
func (e *Exporter) MarshalLog() any {
	return struct{ Type, Target string }{Type: "otlp", Target: e.out.Target()}
}

func userAgent() string { return "tracehook OTel-OTLP-Exporter-Go/" + otlptrace.Version() }

// secrets returns the values of headers, any of which may be a key, and what the proxy is told.
// Long values of the form "Bearer TOKEN" are also hidden without their first word, since servers
// repeat the token alone.
func (o *Options) secrets() delivery.Secrets {
	var secrets delivery.Secrets
	for _, value := range o.Headers {
		secrets = append(secrets, value)
		for i := range len(value) {
			if value[i] == ' ' {
				secrets = append(secrets, value[i+1:])
			}
		}
	}
	if o.Proxy != nil && o.Proxy.User != nil {
		password, _ := o.Proxy.User.Password()
		basic := base64.StdEncoding.EncodeToString([]byte(o.Proxy.User.Username() + ":" + password))
		secrets = append(secrets, basic, password, url.QueryEscape(password), url.PathEscape(password))
	}
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	return secrets
}
