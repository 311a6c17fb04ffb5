package connection

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
)

// What a [Config] means where it is zero or negative. A full queue that drops has the larger
// sizes, so that a burst fits.
const (
	DefaultQueueSize     = 1024
	DefaultBatchSize     = 256
	DefaultDropQueueSize = 16384
	DefaultDropBatchSize = 512
	DefaultBufferBytes   = 32 << 20
	DefaultSchedule      = 200 * time.Millisecond
	DefaultExportTimeout = 30 * time.Second
	DefaultBlockTimeout  = time.Second
)

const (
	// MaxQueueSize is the largest queue. With batches of one span the batcher allocates 16 bytes for each
	// place when it is made, with batches of 512 a 256th of that.
	MaxQueueSize = 1 << 24
	// MaxDuration is the longest duration: a sum of two and a time is still a time.
	MaxDuration = 100 * 365 * 24 * time.Hour
	// maxBufferBytes is the largest bound: a gate counts up to twice as many bytes.
	maxBufferBytes = 1 << (byteBits - 1)
	// minSchedule is the shortest Schedule: the batcher's timer runs all the time.
	minSchedule = time.Millisecond
)

// Explain says in attributes why a span was exported.
type Explain = func(decision.Verdict) []attribute.KeyValue

// Config is what a connection consists of. The processor's ConnectionConfig describes the
// fields.
type Config struct {
	Name          string
	Open          func(ctx context.Context) (sdktrace.SpanExporter, error)
	Waits         func(err error) bool
	Claims        []string
	QueueSize     int
	BufferBytes   int64
	BatchSize     int
	Schedule      time.Duration
	ExportTimeout time.Duration
	BlockTimeout  time.Duration
	Overflow      Overflow
	Sync          bool
}

// normalized returns cfg with defaults in place of what can't be used: the batcher panics
// at a negative size and exports spans one by one at a batch size of zero.
func (cfg Config) normalized() Config {
	queue, batch := DefaultQueueSize, DefaultBatchSize
	if cfg.Overflow == OverflowDrop {
		queue, batch = DefaultDropQueueSize, DefaultDropBatchSize
	}
	cfg.QueueSize = min(positive(cfg.QueueSize, queue), MaxQueueSize)
	cfg.BatchSize = min(positive(cfg.BatchSize, min(batch, max(1, cfg.QueueSize/4))), ordinaryOf(cfg.QueueSize))
	cfg.BufferBytes = min(positive(cfg.BufferBytes, DefaultBufferBytes), maxBufferBytes)
	cfg.Schedule = max(Duration(cfg.Schedule, DefaultSchedule), minSchedule)
	cfg.ExportTimeout = Duration(cfg.ExportTimeout, DefaultExportTimeout)
	cfg.BlockTimeout = Duration(cfg.BlockTimeout, DefaultBlockTimeout)
	return cfg
}

// Duration returns d, or otherwise if it isn't positive, and at most MaxDuration.
func Duration(d, otherwise time.Duration) time.Duration {
	return min(positive(d, otherwise), MaxDuration)
}

func positive[T int | int64 | time.Duration](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}
