package processor

import (
	"context"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// SpanSpooler is what an exporter needs for [OverflowSpool]. SpoolSpans keeps spans for
// later, usually on disk, without sending them; it may keep neither the slice nor ctx. It is
// called on a goroutine of the connection's own, while an export may be running, but
// never twice at once. On a nil error the spans count as spooled, otherwise as
// dropped.queue_full.
//
// Such an exporter also keeps the spans of an export whose context ends before they are sent:
// when half of the time to shut down is over, the contexts of the export that runs and of those
// after it end.
type SpanSpooler interface {
	SpoolSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error
}

// spoolCounter is an exporter with a spool. The numbers are of spans, since the exporter was
// made; pending includes what it found. It is called by Stats: it must not block.
type spoolCounter interface {
	SpoolCounts() (pending, replayed, dead, expired int64)
}

// spoolInheritor says how many spans an exporter found in its spool when it was made.
type spoolInheritor interface{ SpoolInherited() int64 }

// resender says how many spans an exporter has sent again after an attempt whose answer was
// lost. It is called by Stats: it must not block.
type resender interface{ Resent() int64 }

// spoolCounts are what an exporter counts itself: of its spool, and what it has sent again.
type spoolCounts struct{ inherited, pending, replayed, dead, expired, resent int64 }

func (s spoolCounts) plus(t spoolCounts) spoolCounts {
	return spoolCounts{
		inherited: s.inherited + t.inherited,
		pending:   s.pending + t.pending,
		replayed:  s.replayed + t.replayed,
		dead:      s.dead + t.dead,
		expired:   s.expired + t.expired,
		resent:    s.resent + t.resent,
	}
}

// spoolCounts asks the exporter. One that panics has no spool.
func (c *conn) spoolCounts() (n spoolCounts) {
	e := c.exporter.Load()
	if e == nil {
		return spoolCounts{}
	}
	defer func() {
		if recover() != nil {
			n = spoolCounts{}
		}
	}()
	if e.resender != nil {
		n.resent = max(e.resender.Resent(), 0)
	}
	if e.counts == nil {
		return n
	}
	if e.inherited != nil {
		n.inherited = max(e.inherited.SpoolInherited(), 0)
	}
	n.pending, n.replayed, n.dead, n.expired = e.counts.SpoolCounts()
	n.pending, n.replayed = max(n.pending, 0), max(n.replayed, 0)
	n.dead, n.expired = max(n.dead, 0), max(n.expired, 0)
	return n
}
