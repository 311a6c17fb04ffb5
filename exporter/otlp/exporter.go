package otlp

import (
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"go.opentelemetry.io/otel/sdk"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/spool"
)

// traceMethod is the one call of OTLP/gRPC for traces.
const traceMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

// New returns an exporter that sends spans to one OTLP destination. It connects to nothing yet: a
// destination that is down doesn't keep a process from starting.
func New(ctx context.Context, o Options) (*delivery.Exporter, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.URL == "" {
		o.URL = map[bool]string{false: defaultHTTP, true: defaultGRPC}[o.GRPC]
	}
	transport, err := delivery.Renewing(o.open, o.Logger, o.TokenFile, o.HeadersFile, o.TLSFiles.CA, o.TLSFiles.Cert, o.TLSFiles.Key)
	if err != nil {
		return nil, err
	}
	for _, warning := range o.warnings {
		o.Logger.WarnContext(ctx, warning)
	}
	requests := encode.NewOTLPRequests(encode.OTLPOptions{Fields: o.Fields, Service: o.Service, SplitServices: o.SplitServices}, o.JSON)
	return delivery.New(ctx, delivery.Config{
		Driver: "otlp", Target: o.place(), Transport: transport,
		Encode: func(spans []sdktrace.ReadOnlySpan) (delivery.Batch, error) {
			return delivery.Batch{Body: requests.Encode(spans), Spans: len(spans), Recycle: requests.Recycle}, nil
		},
		Redact: requests.Redact,
		Options: delivery.Options{
			Logger: o.Logger, Backoff: o.Backoff, Timeout: o.Timeout, Budget: o.Budget, Once: o.Once,
			MaxBytes: o.MaxRequestBytes, Cutter: delivery.OTLPCutter(),
		},
	}), nil
}

// NewSpooled returns an exporter with a spool, which it opens and owns. A file of the spool is
// the body of a request, with the extension .otlp for protobuf and .json for JSON.
func NewSpooled(ctx context.Context, o Options, keep spool.Options) (*spool.Exporter, error) {
	if o.Budget <= 0 {
		o.Budget = delivery.SpooledBudget
	}
	e, err := New(ctx, o)
	if err != nil {
		return nil, err
	}
	switch {
	case o.JSON:
		keep.Kind, keep.Also = "json", map[string]string{"otlp": "application/x-protobuf"}
	case !o.GRPC:
		keep.Also = map[string]string{"json": "application/json"}
	}
	keep.Origin = o.origin()
	return spool.NewExporter(ctx, e, keep)
}

// open makes the transport from what is in the files now.
func (o Options) open() (delivery.Transport, error) {
	if err := o.readSecrets(); err != nil {
		return nil, err
	}
	if o.GRPC {
		return openGRPC(&o)
	}
	return openHTTP(&o)
}

func openHTTP(o *Options) (delivery.Transport, error) {
	header := make(http.Header, len(o.Headers)+2)
	header.Set("User-Agent", userAgent())
	for name, value := range o.Headers {
		header.Set(name, value)
	}
	var empty []byte
	if o.JSON {
		header.Set("Content-Type", "application/json")
		empty = []byte("{}")
	}
	return delivery.NewHTTP(delivery.HTTPOptions{
		URL: o.URL, Header: header, Empty: empty, Gzip: o.Gzip, Failure: o.Failure, Secrets: o.secrets(),
		RoundTripper: delivery.NewRoundTripper(o.TLS, o.Proxy),
	})
}

func openGRPC(o *Options) (delivery.Transport, error) {
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
		TLS: o.TLS, Insecure: o.Insecure,
	}), nil
}

// origin is what the files of a spool are for: SCHEME://HOST:PORT.
func (o *Options) origin() string {
	switch {
	case !o.GRPC && o.URL == "":
		return delivery.Place(defaultHTTP)
	case !o.GRPC:
		return delivery.Place(o.URL)
	}
	scheme, target := "grpcs://", o.URL
	if o.Insecure {
		scheme = "grpc://"
	}
	if target == "" {
		target = defaultGRPC
	}
	return scheme + target
}

func userAgent() string { return "tracehook-otlp OTel-SDK-Go/" + sdk.Version() }

// secrets returns the values of headers, any of which may be a key, and what the proxy is told.
// Long values of the form "Bearer TOKEN" are also hidden without their first word, since servers
// repeat the token alone.
func (o *Options) secrets() delivery.Secrets {
	var secrets delivery.Secrets
	for name, value := range o.Headers {
		if value == "" { // the padding of a token was taken for the sign between name and value
			value = name
		}
		secrets = append(secrets, value)
		for i := range len(value) {
			if value[i] == ' ' {
				secrets = append(secrets, value[i+1:])
				if user, err := base64.StdEncoding.DecodeString(value[i+1:]); err == nil { // Basic
					_, password, _ := strings.Cut(string(user), ":")
					secrets = append(secrets, string(user), password)
				}
			}
		}
	}
	if o.Proxy != nil && o.Proxy.User != nil {
		password, _ := o.Proxy.User.Password()
		basic := base64.StdEncoding.EncodeToString([]byte(o.Proxy.User.Username() + ":" + password))
		secrets = append(secrets, basic, password, url.QueryEscape(password), url.PathEscape(password))
	}
	return secrets
}
