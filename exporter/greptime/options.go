package greptime

import (
	"crypto/tls"
	"log/slog"
	"time"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/delivery"
)

// Options describe a GreptimeDB. The zero Options send OTLP to http://127.0.0.1:4000, into
// the table traces of the database public.
type Options struct {
	// URL is SCHEME://HOST:PORT without credentials. http and https select OTLP over HTTP, and
	// may have a path that a proxy wants in front of /v1/otlp/v1/traces; grpc and grpcs select
	// rows over gRPC. "" is http://127.0.0.1:4000.
	URL string
	// Username and Password are sent with every request; "" sends no credentials.
	Username string
	Password exporter.Secret
	// Database and Table are where spans go; "" is public and traces.
	Database, Table string
	// TTL is how long GreptimeDB keeps the rows of a table that it creates for us, such as
	// "7d"; "" is its own default. It changes nothing about a table that exists.
	TTL string
	// TokenFile has a token that is sent instead of user and password, HeadersFile has lines of the
	// form "name: value", which rows send as metadata; "" is none. Both, and TLSFiles, are read again
	// when they change.
	TokenFile, HeadersFile string
	// TLSFiles are what TLS is made of, unless TLS is set.
	TLSFiles delivery.TLSFiles
	// TLS is the client side of TLS for https and grpcs; nil means the system's roots.
	TLS *tls.Config
	// Logger receives what no caller is told; nil discards it.
	Logger *slog.Logger
	// Columns are those of the table; nil means those of GreptimeDB's own trace table. OTLP
	// can't have others.
	Columns *Columns
	// Backoff, Budget and Once are how a batch is retried; see [delivery.Options]. Budget 0 means
	// 30 s, or 2 s with a spool.
	Backoff delivery.Backoff
	Budget  time.Duration
	Once    bool
	// Timeout bounds one request; 0 means 10 s.
	Timeout time.Duration
	// MaxRequestBytes bounds the body of a request before it is compressed; 0 means just under 4
	// MiB. A batch over it is cut. A single span over it is sent alone.
	MaxRequestBytes int
	// Partitions is into how many ranges of trace ids a new table is divided: 1, or a power of
	// two up to 65536; 0 leaves it to GreptimeDB, which takes 16. OTLP only.
	Partitions int
	// Plain turns compression off; requests are compressed with gzip otherwise.
	Plain bool
	// SplitServices sends the spans of each framework service under a resource whose
	// service.name is that service. Rows always have the framework's service.
	SplitServices bool

	meant   bool              // that credentials go without TLS
	token   string            // in TokenFile
	headers map[string]string // in HeadersFile
}

const (
	defaultHost     = "127.0.0.1"
	defaultDatabase = "public"
	defaultTable    = "traces"
	defaultTimeout  = 10 * time.Second

	portHTTP     = 4000
	portGRPC     = 4001
	portMySQL    = 4002
	portPostgres = 4003
)

func (o *Options) fill() {
	if o.URL == "" {
		o.URL = "http://127.0.0.1:4000"
	}
	if o.Database == "" {
		o.Database = defaultDatabase
	}
	if o.Table == "" {
		o.Table = defaultTable
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Columns == nil && o.rows() {
		o.Columns = &Columns{list: standardColumns()}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}
