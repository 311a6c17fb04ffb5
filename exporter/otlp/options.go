package otlp

import (
	"crypto/tls"
	"log/slog"
	"net/url"
	"time"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/encode"
)

// Options describe an OTLP destination. The zero Options send uncompressed protobuf over
// HTTP to http://127.0.0.1:4318/v1/traces.
type Options struct {
	// URL is complete for HTTP, with the path; for gRPC it is the target of the channel
	// (HOST:PORT). "" is the local receiver. It must not contain credentials.
	URL string
	// Headers are sent with every request, for gRPC as metadata. They are secrets.
	Headers map[string]string
	// TokenFile has a token that is sent as "authorization: Bearer TOKEN", HeadersFile has lines of
	// the form "name: value"; "" is none. Both, and TLSFiles, are read again when they change.
	TokenFile, HeadersFile string
	// TLSFiles are what TLS is made of, unless TLS is set.
	TLSFiles delivery.TLSFiles
	// TLS is the client side of TLS; nil means the system's roots. HTTP uses it for https
	// addresses only, gRPC if Insecure is false.
	TLS *tls.Config
	// Proxy is used for HTTP; nil means the environment's.
	Proxy *url.URL
	// Logger receives what no caller is told; nil discards it.
	Logger *slog.Logger
	// Failure reads an HTTP answer that is no success; nil means [delivery.OTLPFailure].
	Failure func(status int, contentType string, body []byte) (message, hint string)
	// Fields are added to each span as attributes; nil adds none. The defaults of a
	// connection without a field mapping must not be passed.
	Fields *encode.Fields
	// Service replaces the service.name of every resource; "" leaves it alone.
	Service string
	// Backoff, Budget and Once are how a batch is retried; see [delivery.Options]. Budget 0 means
	// 30 s, or 2 s with a spool, which is the better place to wait.
	Backoff delivery.Backoff
	Budget  time.Duration
	Once    bool
	// Timeout bounds one request; 0 means 10 s.
	Timeout time.Duration
	// MaxRequestBytes bounds the body of a request before it is compressed; 0 means just under 4
	// MiB. A batch over it is cut. A single span over it is sent alone.
	MaxRequestBytes int
	// GRPC selects OTLP/gRPC, JSON selects OTLP/HTTP with JSON; not both.
	GRPC, JSON bool
	// Insecure turns TLS off for gRPC.
	Insecure bool
	// Gzip compresses requests.
	Gzip bool
	// warnings are what FromSettings ignored; New logs them.
	warnings []string
	// SplitServices sends the spans of each framework service under a resource whose
	// service.name is that service.
	SplitServices bool
}

const (
	defaultTimeout = 10 * time.Second
	defaultHTTP    = "http://127.0.0.1:4318/v1/traces"
	defaultGRPC    = "127.0.0.1:4317"
)

// place is what may be shown of the address. The path of a gRPC target is its host.
func (o *Options) place() string {
	if o.GRPC {
		return o.URL
	}
	return delivery.Place(o.URL)
}
