package processor

import (
	"context"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/internal/spannote"
	"github.com/tracehook/tracehook/processor/internal/connection"
)

// What a [ConnectionConfig] and [Options] mean where they are zero or negative.
const (
	DefaultQueueSize       = connection.DefaultQueueSize
	DefaultBatchSize       = connection.DefaultBatchSize
	DefaultDropQueueSize   = connection.DefaultDropQueueSize // with [OverflowDrop]
	DefaultDropBatchSize   = connection.DefaultDropBatchSize // with [OverflowDrop]
	DefaultBufferBytes     = connection.DefaultBufferBytes
	DefaultSchedule        = connection.DefaultSchedule
	DefaultExportTimeout   = connection.DefaultExportTimeout
	DefaultBlockTimeout    = connection.DefaultBlockTimeout
	DefaultDrainTimeout    = 30 * time.Second
	DefaultShutdownTimeout = 5 * time.Second
)

// MaxDuration is the longest duration of a [ConnectionConfig] or [Options]: 100 years. Longer ones
// are lowered to it.
const MaxDuration = connection.MaxDuration

// MaxQueueSize is the largest queue. With batches of one span the batcher allocates 16 bytes for each place
// when it is made, with batches of 512 a 256th of that. Larger sizes are lowered to it.
const MaxQueueSize = connection.MaxQueueSize

// Explain says in attributes why a span was exported. It must not change what it is given.
type Explain = connection.Explain

// Overflow says what happens to a span that finds its connection's queue full.
type Overflow = connection.Overflow

const (
	// OverflowDrop drops the span and counts it as dropped.queue_full. It never waits.
	OverflowDrop = connection.OverflowDrop
	// OverflowBlock makes callers of End wait for room in the order of their arrival, at most
	// the block timeout, then drops. If nothing has moved in that time, nobody waits again
	// until the connection moves.
	OverflowBlock = connection.OverflowBlock
	// OverflowSync makes the caller of End export its span itself, waiting for the exporter
	// no longer than the block timeout; order is not kept. A timeout drops the span if the
	// exporter could not be had. If nothing has moved in that time, nobody waits again until
	// the connection moves.
	OverflowSync = connection.OverflowSync
	// OverflowSpool hands the span to the exporter's SpoolSpans in the background. See
	// [report.Spooler].
	OverflowSpool = connection.OverflowSpool
)

// ParseOverflow reads "drop", "block", "sync" or "spool", in any case. The error lists
// them.
func ParseOverflow(s string) (Overflow, error) { return connection.ParseOverflow(s) }

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
	// Waits reports whether a connection that can't be opened for that reason is to wait: it is in
	// the list all the same, its queue collects, and Open is called again every second until it
	// succeeds. Otherwise, and if Waits is nil, New and Reload fail.
	Waits func(err error) bool
	// Claims names what the exporter must have for itself, such as "file:/var/log/x". Two
	// connections of one list must not claim the same. On a reload the connection is opened
	// after those before it that claim the same have shut down; meanwhile its queue collects.
	Claims []string
	// Decider says which spans are kept. Nil keeps what is sampled. Connections whose Deciders
	// agree, see [decision.FastDecider], share one decision for each span.
	Decider decision.Decider
	// QueueSize bounds the spans that wait or are being exported. The default is 16384 with
	// [OverflowDrop] and 1024 elsewhere. When the queue has been nearly full for a second, its
	// last tenth is for spans that were kept by error or slow.
	QueueSize int
	// BufferBytes bounds what those spans take, by the estimate of [decision.SizeOf]. The
	// default is 32 MiB. A single span may be larger.
	BufferBytes int64
	// BatchSize bounds the spans of one export. The default is 512 with [OverflowDrop] and 256
	// elsewhere, or a quarter of QueueSize if that is less. More than nine tenths of QueueSize
	// are lowered to that: ordinary spans could never fill such a batch, and a full queue would
	// wait for Schedule.
	BatchSize int
	// Schedule is the longest wait of a span for its batch to fill. The default is 200 ms, and
	// no less than 1 ms is possible.
	Schedule time.Duration
	// ExportTimeout bounds the context of one export. An export that hasn't returned a twentieth of it
	// later (at most 50 ms) is abandoned; while its destination takes nothing, see [report.Gate], it has
	// that time twice. The default is 30 s.
	ExportTimeout time.Duration
	// BlockTimeout bounds what an Overflow other than drop may cost the caller of End. The
	// default is 1 s.
	BlockTimeout time.Duration
	// Overflow says what happens when the queue is full. The default is [OverflowDrop].
	Overflow Overflow
	// Sync makes the caller of End export its span itself and return when the span is out or
	// lost. Spans are exported one by one, in the order in which End was called. A caller that
	// can't have the exporter within the block timeout drops its span. Overflow means nothing
	// then.
	Sync bool
	// WholeTraces keeps or leaves out the local part of a trace as one. Decider has to be a
	// [decision.TraceDecider] then. With [OverflowSync], spans wait for room as with
	// [OverflowBlock].
	WholeTraces bool
	// Explain returns attributes that the exported copy of a span gets in addition. Nil adds
	// none. It is called once for each exported span, on the goroutine that exports.
	Explain Explain
}

// queue returns what a connection itself needs of cfg.
func (cfg *ConnectionConfig) queue() connection.Config {
	return connection.Config{
		Name:          cfg.Name,
		Open:          cfg.Open,
		Waits:         cfg.Waits,
		Claims:        cfg.Claims,
		QueueSize:     cfg.QueueSize,
		BufferBytes:   cfg.BufferBytes,
		BatchSize:     cfg.BatchSize,
		Schedule:      cfg.Schedule,
		ExportTimeout: cfg.ExportTimeout,
		BlockTimeout:  cfg.BlockTimeout,
		Overflow:      cfg.Overflow,
		Sync:          cfg.Sync,
	}
}

// Options are what all connections share. The zero value is ready to use.
type Options struct {
	// Logger gets losses at warn, at most one line in ten seconds for each connection and
	// cause, and reloads at debug. Its handler is called on a goroutine of its own: it may be
	// slow, hang or panic without doing harm to anything but lines. Nil discards.
	Logger *slog.Logger
	// MeterProvider gets the numbers of Stats as OpenTelemetry metrics. Nil makes none.
	MeterProvider metric.MeterProvider
	// Notes remembers where spans come from, as a head sampler does. Nil takes every span for
	// one of a provider that doesn't use one; spans of exports are told apart all the same.
	Notes decision.Notes
	// CountEarly counts what ends before the first connections are there, as dropped.closed of each of
	// them. Without it such spans aren't counted.
	CountEarly bool
	// Traces bounds what is held for connections that want whole traces.
	Traces TraceOptions
	// DrainTimeout bounds how long a connection that a reload removed may go on exporting
	// what it holds. The default is 30 s.
	DrainTimeout time.Duration
	// ShutdownTimeout bounds ForceFlush and Shutdown if their context has no deadline. The
	// default is 5 s.
	ShutdownTimeout time.Duration
}

func (o Options) normalized() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Notes == nil {
		o.Notes = spannote.NewExports()
	}
	o.Traces = o.Traces.Normalized()
	o.DrainTimeout = connection.Duration(o.DrainTimeout, DefaultDrainTimeout)
	o.ShutdownTimeout = connection.Duration(o.ShutdownTimeout, DefaultShutdownTimeout)
	return o
}
