package ledger

import (
	"time"

	"github.com/tracehook/tracehook/exporter/report"
)

// Snapshot is what a ledger says at one moment. Its terms fit together: none is read twice,
// and what has left is read before what has come in.
type Snapshot struct {
	SampledOut, Shed, HeadDropped        uint64
	RateLimited                          Tally
	Full, Closed, Recursion              Tally // dropped
	Accepted                             uint64
	Abandoned, Exported, Failed, Spooled Tally
	Spool                                report.Counts

	Fallbacks, Exports, ExportSpans, Errors uint64
	Inflight                                int64
	LastExport, LastBatch                   time.Duration
}

// Pending returns how many accepted spans wait or are being exported.
func (s *Snapshot) Pending() uint64 {
	return s.Accepted - s.Abandoned.Spans - s.Exported.Spans - s.Failed.Spans - s.Spooled.Spans
}

// Snapshot waits for nobody. What the head sampler has dropped is left to
// [Snapshot.AddHead].
func (l *Ledger) Snapshot() Snapshot {
	g := l.generations.Load()
	spool := g.spool
	for _, c := range g.current {
		spool = spool.Plus(c.Spool())
	}
	spool.Inherited -= min(int64(g.adopted), spool.Inherited)
	t := l.totals.Load()
	g = l.generations.Load()
	accepted := g.entered + l.Uncredited.Load()
	for _, c := range g.current {
		accepted += c.Entered()
	}
	shed := l.ShedSpans.Load() // before SampledOut, of which it is a part
	return Snapshot{
		SampledOut:  l.SampledOut.Load(),
		Shed:        shed,
		RateLimited: l.RateLimited.Load(),
		Full:        l.full.Load().Plus(t.Unspooled),
		Closed:      l.closed.Load(),
		Recursion:   l.Recursion.Load(),
		Accepted:    accepted - t.Unspooled.Spans,
		Abandoned:   t.Abandoned,
		Exported:    t.Exported,
		Failed:      t.Failed,
		Spooled:     t.Spooled,
		Spool:       within(spool, spool.Inherited+int64(t.Spooled.Spans)),
		Fallbacks:   l.Fallbacks.Load(),
		Exports:     t.Exports,
		ExportSpans: t.ExportSpans,
		Errors:      t.Errors,
		Inflight:    l.Inflight.Load(),
		LastExport:  t.LastExport,
		LastBatch:   t.LastBatch,
	}
}

// within bounds what has left the spool by what is known to have come in: the export that put
// a span there may not have returned yet.
func within(s report.Counts, in int64) report.Counts {
	s.Replayed = min(s.Replayed, in)
	s.Dead = min(s.Dead, in-s.Replayed)
	s.Expired = min(s.Expired, in-s.Replayed-s.Dead)
	s.Pending = in - s.Replayed - s.Dead - s.Expired
	return s
}

// AddHead adds the spans that the head sampler has dropped at their start.
func (s *Snapshot) AddHead(n uint64) {
	s.SampledOut += n
	s.HeadDropped += n
}

// Add sums up what can be summed up; the latencies become the longest.
func (s *Snapshot) Add(o *Snapshot) {
	s.SampledOut += o.SampledOut
	s.Shed += o.Shed
	s.HeadDropped += o.HeadDropped
	s.RateLimited = s.RateLimited.Plus(o.RateLimited)
	s.Full, s.Closed, s.Recursion = s.Full.Plus(o.Full), s.Closed.Plus(o.Closed), s.Recursion.Plus(o.Recursion)
	s.Accepted += o.Accepted
	s.Abandoned, s.Exported = s.Abandoned.Plus(o.Abandoned), s.Exported.Plus(o.Exported)
	s.Failed, s.Spooled = s.Failed.Plus(o.Failed), s.Spooled.Plus(o.Spooled)
	s.Spool = s.Spool.Plus(o.Spool)
	s.Fallbacks += o.Fallbacks
	s.Exports += o.Exports
	s.ExportSpans += o.ExportSpans
	s.Errors += o.Errors
	s.Inflight += o.Inflight
	s.LastExport, s.LastBatch = max(s.LastExport, o.LastExport), max(s.LastBatch, o.LastBatch)
}
