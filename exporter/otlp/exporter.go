package otlp

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"

	"go.opentelemetry.io/otel/sdk"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/encode"
)

// traceMethod is the one call of OTLP/gRPC for traces.
const traceMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

// Exporter sends spans to one OTLP destination. Its methods are safe for concurrent use.
type Exporter struct {
	requests *encode.OTLPRequests
	out      *delivery.Outlet
}

// New returns an exporter. It connects to nothing yet: a destination that is down doesn't
// keep a process from starting.
func New(ctx context.Context, o Options) (*Exporter, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	open := openHTTP
	if o.GRPC {
		open = openGRPC
	}
	transport, err := open(&o)
	if err != nil {
		return nil, err
	}
	for _, warning := range o.warnings {
		o.Logger.WarnContext(ctx, warning)
	}
	return &Exporter{
		requests: encode.NewOTLPRequests(encode.OTLPOptions{Fields: o.Fields, Service: o.Service, SplitServices: o.SplitServices}, o.JSON),
		out: delivery.New(ctx, transport, delivery.Options{
			Logger: o.Logger, Backoff: o.Backoff, Timeout: o.Timeout, Budget: o.Budget, Once: o.Once,
		}, o.place()),
	}, nil
}

func openHTTP(o *Options) (delivery.Transport, error) {
	if o.URL == "" {
		o.URL = defaultHTTP
	}
	header := make(http.Header, len(o.Headers)+2)
	header.Set("User-Agent", userAgent())
	for name, value := range o.Headers {
		header.Set(name, value)
	}
	if o.JSON {
		header.Set("Content-Type", "application/json")
	}
	return delivery.NewHTTP(delivery.HTTPOptions{
		URL: o.URL, Header: header, Gzip: o.Gzip, Failure: o.Failure, Secrets: o.secrets(),
		RoundTripper: delivery.NewRoundTripper(o.TLS, o.Proxy),
	})
}

func openGRPC(o *Options) (delivery.Transport, error) {
	if o.URL == "" {
		o.URL = defaultGRPC
	}
	creds := insecure.NewCredentials()
	if !o.Insecure {
		creds = credentials.NewTLS(o.TLS)
	}
	conn, err := delivery.Dial(o.URL, creds, userAgent())
	if err != nil {
		return nil, err
	}
	return delivery.NewGRPC(delivery.GRPCOptions{
		Conn: conn, Method: traceMethod, Metadata: o.Headers, Gzip: o.Gzip, Secrets: o.secrets(),
	}), nil
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
		return deliver(ctx, delivery.Batch{Body: e.requests.Encode(spans), Spans: len(spans)})
	}
}

// Resent returns how many spans were sent again after an attempt whose answer was lost: the
// destination may have them twice.
func (e *Exporter) Resent() int64 { return e.out.Resent() }

// Shutdown ends running exports, which then fail or go to the spool, and closes the
// connections. It returns soon after ctx is done. Later calls return the same result.
func (e *Exporter) Shutdown(ctx context.Context) error { return e.out.Shutdown(ctx) }

// String returns the destination, without secrets.
func (e *Exporter) String() string { return "otlp " + e.out.Target() }

// MarshalLog returns what a log may say about e.
func (e *Exporter) MarshalLog() any {
	return struct{ Type, Target string }{Type: "otlp", Target: e.out.Target()}
}

func userAgent() string { return "tracehook-otlp OTel-SDK-Go/" + sdk.Version() }

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
