package connection

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
)

// What a [Config] means where it is zero or negative.
const (
	DefaultQueueSize     = 1024
	DefaultBatchSize     = 256
	DefaultSchedule      = 200 * time.Millisecond
	DefaultExportTimeout = 30 * time.Second
	DefaultBlockTimeout  = time.Second
)

// MaxQueueSize is the largest queue: the batcher allocates 16 bytes for each place when it is
// made.
const MaxQueueSize = 1 << 24

// Explain says in attributes why a span was exported.
type Explain = func(decision.Verdict) []attribute.KeyValue

// Config is what a connection consists of. The processor's ConnectionConfig describes the
// fields.
type Config struct {
	Name          string
	Open          func(ctx context.Context) (sdktrace.SpanExporter, error)
	Claims        []string
	QueueSize     int
	BatchSize     int
	Schedule      time.Duration
	ExportTimeout time.Duration
	BlockTimeout  time.Duration
	Overflow      Overflow
}

// normalized returns cfg with defaults in place of what can't be used: the batcher panics
// at a negative size and exports spans one by one at a batch size of zero.
func (cfg Config) normalized() Config {
	cfg.QueueSize = min(positive(cfg.QueueSize, DefaultQueueSize), MaxQueueSize)
	cfg.BatchSize = min(positive(cfg.BatchSize, min(DefaultBatchSize, max(1, cfg.QueueSize/4))), ordinaryOf(cfg.QueueSize))
	cfg.Schedule = positive(cfg.Schedule, DefaultSchedule)
	cfg.ExportTimeout = positive(cfg.ExportTimeout, DefaultExportTimeout)
	cfg.BlockTimeout = positive(cfg.BlockTimeout, DefaultBlockTimeout)
	return cfg
}

func positive[T int | time.Duration](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}
