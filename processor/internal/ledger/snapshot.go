package ledger

import (
	"time"

	"github.com/tracehook/tracehook/exporter/report"
)

// Snapshot is what a ledger says at one moment. Its terms fit together: none is read twice,
// and what has left is read before what has come in.
type Snapshot struct {
	Held                                 uint64
	SampledOut, Shed, HeadDropped        uint64
	RateLimited                          Tally
	Full, Closed, Recursion              Tally // dropped
	Accepted                             uint64
	Abandoned, Exported, Failed, Spooled Tally
	Spool                                report.Counts

	Fallbacks, Exports, ExportSpans, Errors, Untried, EverAbandoned uint64

	Traces Traces

	Unspooled             Tally // of Full
	Inflight              int64
	LastExport, LastBatch time.Duration
}

// Pending returns how many accepted spans wait or are being exported.
func (s *Snapshot) Pending() uint64 {
	return s.Accepted - s.Abandoned.Spans - s.Exported.Spans - s.Failed.Spans - s.Spooled.Spans
}

// Snapshot waits for nobody. What the head sampler has dropped is left to
// [Snapshot.AddHead].
func (l *Ledger) Snapshot() Snapshot {
	all := l.accounts.Load()
	s := all.sums
	for _, a := range all.current {
		one := a.snapshot()
		s.Add(&one)
	}
	s.Spool = within(l.spools.correct(l, s.Spool), int64(s.Spooled.Spans))
	s.Shed += l.ShedSpans.Load() // before SampledOut, of which it is a part
	s.SampledOut += l.SampledOut.Load()
	s.RateLimited = l.RateLimited.Load()
	s.Full = s.Full.Plus(l.full.Load())
	s.Closed, s.Recursion = l.cameClosed(), l.Recursion.Load()
	s.Fallbacks, s.Inflight = l.Fallbacks.Load(), l.Inflight.Load()
	s.Held = uint64(l.Held.of(int64(s.SampledOut + s.RateLimited.Spans + s.Full.Spans + s.Closed.Spans + s.Recursion.Spans + s.Accepted)))
	s.Traces = l.Traces.load()
	return s
}

// snapshot has the account's part. What its exporter has counted is as it is.
func (a *Account) snapshot() Snapshot {
	spool := a.spool()
	t := a.totals.Load()
	return Snapshot{
		Accepted:      a.source.Entered() - t.Unspooled.Spans,
		Full:          t.Unspooled,
		Unspooled:     t.Unspooled,
		Abandoned:     t.Abandoned,
		Exported:      t.Exported,
		Failed:        t.Failed,
		Spooled:       t.Spooled,
		Spool:         spool,
		Exports:       t.Exports,
		ExportSpans:   t.ExportSpans,
		Errors:        t.Errors,
		Untried:       t.Untried,
		EverAbandoned: t.EverAbandoned,
		LastExport:    t.LastExport,
		LastBatch:     t.LastBatch,
	}
}

// within bounds what has left the spool by what is known to have come in, besides what was
// inherited: the export that put a span there may not have returned yet.
func within(s report.Counts, spooled int64) report.Counts {
	in := s.Inherited + spooled
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
	s.Held += o.Held
	s.Traces = s.Traces.Plus(o.Traces)
	s.SampledOut += o.SampledOut
	s.Shed += o.Shed
	s.HeadDropped += o.HeadDropped
	s.RateLimited = s.RateLimited.Plus(o.RateLimited)
	s.Full, s.Closed, s.Recursion = s.Full.Plus(o.Full), s.Closed.Plus(o.Closed), s.Recursion.Plus(o.Recursion)
	s.Unspooled = s.Unspooled.Plus(o.Unspooled)
	s.Accepted += o.Accepted
	s.Abandoned, s.Exported = s.Abandoned.Plus(o.Abandoned), s.Exported.Plus(o.Exported)
	s.Failed, s.Spooled = s.Failed.Plus(o.Failed), s.Spooled.Plus(o.Spooled)
	s.Spool = s.Spool.Plus(o.Spool)
	s.Fallbacks += o.Fallbacks
	s.Exports += o.Exports
	s.ExportSpans += o.ExportSpans
	s.Errors += o.Errors
	s.Untried += o.Untried
	s.EverAbandoned += o.EverAbandoned
	s.Inflight += o.Inflight
	s.LastExport, s.LastBatch = max(s.LastExport, o.LastExport), max(s.LastBatch, o.LastBatch)
}
