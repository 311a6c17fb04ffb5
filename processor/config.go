package processor

import (
	"context"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
)

// What a [ConnectionConfig] and [Options] mean where they are zero or negative.
const (
	DefaultQueueSize     = 1024
	DefaultBatchSize     = 256
	DefaultSchedule      = 200 * time.Millisecond
	DefaultExportTimeout = 30 * time.Second
	DefaultBlockTimeout  = time.Second
	DefaultDrainTimeout  = 30 * time.Second
)

// MaxQueueSize is the largest queue; the batcher allocates 16 bytes for each place when
// it is made. Larger sizes are lowered to it.
const MaxQueueSize = 1 << 24

// Explain says in attributes why a span was exported. It must not change what it is given.
type Explain = func(decision.Verdict) []attribute.KeyValue

// ConnectionConfig is what one connection consists of.
type ConnectionConfig struct {
	// Name must not be empty or [OtherRetired], and no other connection may have it. It is in every error,
	// log line and metric, and counters go on under it over a reload.
	Name string
	// Fingerprint stands for everything but Decider and Explain. On a reload a connection
	// of the same name and fingerprint keeps its queue and its exporter: only Decider and
	// Explain are swapped, and the rest of the new configuration is ignored.
	Fingerprint string
	// Open makes the exporter. It is called once, by New or Reload, on the caller's
	// goroutine and with its context, and returns a non-nil exporter or an error. The
	// connection owns the exporter from then on and shuts it down. Where Claims delay it,
	// it is called in the background, and if it fails again at later exports.
	Open func(ctx context.Context) (sdktrace.SpanExporter, error)
	// Claims names what the exporter must have for itself, such as "file:/var/log/x". Two
	// connections of one list must not claim the same. On a reload the connection is opened
	// after those before it that claim the same have shut down; meanwhile its queue collects.
	Claims []string
	// Decider says which spans are kept. Nil keeps what is sampled. Connections whose Deciders
	// agree, see [decision.FastDecider], share one decision for each span.
	Decider decision.Decider
	// QueueSize bounds the spans that wait or are being exported. The default is 1024. The
	// last tenth is for spans that were kept by error or slow.
	QueueSize int
	// BatchSize bounds the spans of one export. The default is 256, or a quarter of a smaller
	// QueueSize than 1024. More than nine tenths of QueueSize are lowered to that: ordinary
	// spans could never fill such a batch, and a full queue would wait for Schedule.
	BatchSize int
	// Schedule is the longest wait of a span for its batch to fill. The default is 200 ms.
	Schedule time.Duration
	// ExportTimeout bounds the context of one export. An export that hasn't returned a
	// twentieth of it later (at most 50 ms) is abandoned. The default is 30 s.
	ExportTimeout time.Duration
	// BlockTimeout bounds what an Overflow other than drop may cost the caller of End. The
	// default is 1 s.
	BlockTimeout time.Duration
	// Overflow says what happens when the queue is full. The default is [OverflowDrop].
	Overflow Overflow
	// Explain returns attributes that the exported copy of a span gets in addition. Nil adds
	// none. It is called once for each exported span, on the goroutine that exports.
	Explain Explain
}

// sanitized returns cfg with defaults in place of what can't be used: the batcher panics
// at a negative size and exports spans one by one at a batch size of zero.
func (cfg ConnectionConfig) sanitized() ConnectionConfig {
	cfg.QueueSize = min(positive(cfg.QueueSize, DefaultQueueSize), MaxQueueSize)
	cfg.BatchSize = min(positive(cfg.BatchSize, min(DefaultBatchSize, max(1, cfg.QueueSize/4))), ordinaryOf(cfg.QueueSize))
	cfg.Schedule = positive(cfg.Schedule, DefaultSchedule)
	cfg.ExportTimeout = positive(cfg.ExportTimeout, DefaultExportTimeout)
	cfg.BlockTimeout = positive(cfg.BlockTimeout, DefaultBlockTimeout)
	return cfg
}

// Options are what all connections share. The zero value is ready to use.
type Options struct {
	// Logger gets losses at warn, at most one line in ten seconds for each connection and
	// cause, and reloads at debug. Its handler is called on a goroutine of its own: it may be
	// slow, hang or panic without doing harm to anything but lines. Nil discards.
	Logger *slog.Logger
	// MeterProvider gets the numbers of Stats as OpenTelemetry metrics. Nil makes none.
	MeterProvider metric.MeterProvider
	// DrainTimeout bounds how long a connection that a reload removed may go on exporting
	// what it holds. The default is 30 s.
	DrainTimeout time.Duration
}

func (o Options) sanitized() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.DrainTimeout = positive(o.DrainTimeout, DefaultDrainTimeout)
	return o
}

func positive[T int | time.Duration](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}
