package dynamodb

import (
	"cmp"
	"log/slog"
	"strings"
	"time"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/delivery"
)

// Schema is what the items of a table look like.
type Schema uint8

const (
	// Recorder is the table of the SpirentOrion recorder.
	Recorder Schema = iota
	// OTel has everything that a span has, and ids in hexadecimal.
	OTel
)

// DefaultTable is the table's name where none is given: the recorder's.
const DefaultTable = "Traces"

// Options describe a table. The zero Options write the recorder's table into the region and with the
// credentials that the environment names.
type Options struct {
	// Table is the table's name; "" means [DefaultTable].
	Table string
	// Schema says what its items look like.
	Schema Schema
	// Region is the AWS region; "" means that of the environment or of the profile, and us-east-1 where there
	// is an Endpoint.
	Region string
	// Endpoint is SCHEME://HOST:PORT of another DynamoDB than the region's.
	Endpoint string
	// Profile is one of ~/.aws/config; "" means AWS_PROFILE, or "default".
	Profile string
	// AccessKey, SecretKey and SessionToken replace the credentials that the AWS SDK finds.
	AccessKey               string
	SecretKey, SessionToken exporter.Secret
	// TTL is how long after its end an item is kept, as the attribute TTLAttribute says; 0 means
	// for ever, without that attribute.
	TTL time.Duration
	// TTLAttribute is the attribute's name; "" means "expires".
	TTLAttribute string
	// Create makes the table if it isn't there, with capacity on demand.
	Create bool
	// Span has the fields, the identity and the names that fields of spans may show.
	Span exporter.Settings
	// TLSFiles are for https endpoints; they are read again when they change.
	TLSFiles delivery.TLSFiles
	// Logger receives what no caller is told; nil discards it.
	Logger *slog.Logger
	// Backoff, Budget and Once are how a batch is retried; see [delivery.Options]. Budget 0 means
	// 30 s, or 2 s with a spool, which is the better place to wait.
	Backoff delivery.Backoff
	Budget  time.Duration
	Once    bool
	// Timeout bounds one attempt at a batch; 0 means 10 s.
	Timeout time.Duration
	// MaxRequestBytes bounds the items of one request, as JSON; 0 means just under 4 MiB.
	MaxRequestBytes int
}

func (o *Options) table() string        { return cmp.Or(o.Table, DefaultTable) }
func (o *Options) ttlAttribute() string { return cmp.Or(o.TTLAttribute, "expires") }

// origin is what the files of a spool are for. It doesn't ask where the region comes from, since the AWS
// way may have another answer at each start.
func (o *Options) origin() string {
	switch {
	case o.Endpoint != "":
		return delivery.Place(o.Endpoint)
	case o.Region != "":
		return "https://dynamodb." + o.Region + ".amazonaws.com"
	default:
		return "https://dynamodb.amazonaws.com"
	}
}

// place is what may be shown of the table and its place.
func (o *Options) place() string { return o.origin() + " table " + o.table() }

// exposed reports that spans leave this host without TLS. The secret key never does: requests are signed.
func (o *Options) exposed() bool {
	return strings.HasPrefix(o.Endpoint, "http://") && delivery.Exposed(o.Endpoint)
}
