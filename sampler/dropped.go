package sampler

import (
	"sync/atomic"

	"go.opentelemetry.io/otel/trace"
)

// dropCount counts spans in several places, since many goroutines count at the same time.
type dropCount [8]struct {
	n atomic.Uint64
	_ [56]byte // a cache line for each
}

func (c *dropCount) add(id *trace.TraceID) { c[id[15]%8].n.Add(1) }

func (c *dropCount) sum() (n uint64) {
	for i := range c {
		n += c[i].n.Load()
	}
	return n
}
