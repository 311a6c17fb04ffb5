package processor

import (
	"time"

	"github.com/tracehook/tracehook/exporter/report"
)

// Stats is a consistent snapshot of all counters since New. It belongs to the caller. Its
// JSON has the keys of the framework's trace module beside those of the ledger.
type Stats struct {
	// Started is true until Shutdown is called.
	Started         bool `json:"started"`
	ConnectionCount int  `json:"connection_count"`
	// Counters are summed over all connections, those that a reload has removed included, except
	// that DynamicSampleFactor is the smallest, the latencies are the longest, and
	// DroppedCount includes what sampling left out.
	Counters
	// Connections has the current connections by name, Retired those that a reload has
	// removed: the last [MaxRetired] by name, and the sums of those before as [OtherRetired].
	Connections map[string]*ConnectionStats `json:"connections"`
	Retired     map[string]*ConnectionStats `json:"retired,omitempty"`
}

// ConnectionStats are the counters of one connection. They go on by name over a reload.
type ConnectionStats struct{ Counters }

// Counters count spans, unless they say otherwise. These hold in every snapshot:
//
//	Offered  = Accepted + SampledOut + RateLimited + Dropped.Total()
//	Accepted = Pending + Abandoned + Exported + Failed + Spooled
//	Inherited + Spooled = SpoolPending + Replayed + Dead + Expired
type Counters struct {
	QueueLen            int64   `json:"queue_len"`    // Pending
	QueueCap            int64   `json:"queue_cap"`    // credits
	QueuedCount         int64   `json:"queued_count"` // Accepted
	SyncFallbackCount   int64   `json:"sync_fallback_count"`
	FlushCount          int64   `json:"flush_count"`       // exports
	FlushSpanCount      int64   `json:"flush_span_count"`  // spans that were handed to them
	WriteErrorCount     int64   `json:"write_error_count"` // exports that did not deliver all
	LastFlushLatencyMS  float64 `json:"last_flush_latency_ms"`
	LastWriteLatencyMS  float64 `json:"last_write_latency_ms"`
	DroppedCount        int64   `json:"dropped_count"`
	DynamicSampleFactor float64 `json:"dynamic_sample_factor"`

	// Offered are all ended spans that the connection saw.
	Offered int64 `json:"offered"`
	// SampledOut were left out by the Decider, RateLimited by its limit.
	SampledOut  int64 `json:"sampled_out"`
	RateLimited int64 `json:"rate_limited"`
	// Dropped were to be kept, but never accepted.
	Dropped Dropped `json:"dropped"`
	// Accepted are on their way or have arrived.
	Accepted int64 `json:"accepted"`
	// Pending wait or are being exported.
	Pending int64 `json:"pending"`
	// Abandoned are in an export that has outlived its timeout and not returned.
	Abandoned int64 `json:"abandoned"`
	// Exported are those whose export was confirmed.
	Exported int64 `json:"exported"`
	// Failed were not confirmed, so perhaps delivered.
	Failed int64 `json:"failed"`
	// Spooled are kept by the exporter for later.
	Spooled int64 `json:"spooled"`
	// Inherited were in the spool when it was opened.
	Inherited int64 `json:"inherited"`
	// SpoolPending wait in the spool; Replayed have been delivered from it; Dead were
	// refused for good; Expired have become too old or too many.
	SpoolPending int64 `json:"spool_pending"`
	Replayed     int64 `json:"replayed"`
	Dead         int64 `json:"dead"`
	Expired      int64 `json:"expired"`
	// Resent were sent again after an attempt whose answer was lost, so that the destination may
	// have them twice. It is in no sum.
	Resent int64 `json:"resent"`
	// Adjusted are the same in adjusted counts: how many spans those stood for.
	Adjusted Adjusted `json:"adjusted"`
}

// Dropped counts spans by what they were dropped for.
type Dropped struct {
	QueueFull int64 `json:"queue_full"`
	// Closed ended while or after their connection was shut down.
	Closed int64 `json:"closed"`
	// Recursion were started by an export.
	Recursion int64 `json:"recursion"`
}

// Total returns the sum.
func (d Dropped) Total() int64 { return d.QueueFull + d.Closed + d.Recursion }

// Adjusted are counters in adjusted counts. If the exporter says that only a part of a
// batch went one way, each part has an equal share of what the batch stood for.
type Adjusted struct {
	RateLimited float64         `json:"rate_limited"`
	Dropped     AdjustedDropped `json:"dropped"`
	Abandoned   float64         `json:"abandoned"`
	Exported    float64         `json:"exported"`
	Failed      float64         `json:"failed"`
	Spooled     float64         `json:"spooled"`
}

// AdjustedDropped is [Dropped] in adjusted counts.
type AdjustedDropped struct {
	QueueFull float64 `json:"queue_full"`
	Closed    float64 `json:"closed"`
	Recursion float64 `json:"recursion"`
}

// Stats takes a snapshot. It waits for nobody and nobody waits for it.
func (f *Fanout) Stats() Stats {
	st := Stats{Counters: Counters{DynamicSampleFactor: 1}}
	t := f.table.Load()
	if t == nil {
		return st
	}
	st.Started = !t.closed
	st.ConnectionCount = len(t.entries)
	late := f.late.load()
	all := make([]ConnectionStats, len(t.entries)+len(t.retired))
	st.Connections = make(map[string]*ConnectionStats, len(t.entries))
	for i := range t.entries {
		e, c := &t.entries[i], &all[i]
		e.conn.acct.snapshot(&c.Counters, late)
		c.QueueCap = int64(e.conn.gate.capacity)
		c.DynamicSampleFactor = e.factor()
		st.Connections[e.conn.acct.name] = c
		st.add(&c.Counters)
	}
	if len(t.retired) > 0 {
		st.Retired = make(map[string]*ConnectionStats, len(t.retired))
	}
	for i, a := range t.retired {
		c := &all[len(t.entries)+i]
		a.snapshot(&c.Counters, tally{})
		c.DynamicSampleFactor = 1
		st.Retired[a.name] = c
		st.add(&c.Counters)
	}
	st.DroppedCount += st.SampledOut + st.RateLimited
	return st
}

// snapshot fills c. What is settled is read before what was accepted: the other way round
// more could have left than have come in.
func (a *account) snapshot(c *Counters, late tally) {
	spool, left := a.spoolSnapshot()
	s := a.settled.Load()
	g := a.gens.Load()
	accepted := g.entered + a.direct.Load()
	for _, conn := range g.conns {
		accepted += conn.gate.entered()
	}
	full, closed, refused := a.full.load(), a.closed.load().plus(late), a.refuse.load()
	limited := a.rateLimited.load()
	full = full.plus(s.untaken)

	c.SampledOut = int64(a.sampledOut.Load())
	c.RateLimited = int64(limited.spans)
	c.Dropped = Dropped{int64(full.spans), int64(closed.spans), int64(refused.spans)}
	c.Accepted = int64(accepted - s.untaken.spans)
	c.Abandoned, c.Exported = int64(s.abandoned.spans), int64(s.exported.spans)
	c.Failed, c.Spooled = int64(s.failed.spans), int64(s.spooled.spans)
	c.Pending = c.Accepted - c.Abandoned - c.Exported - c.Failed - c.Spooled
	c.Offered = c.SampledOut + c.RateLimited + c.Dropped.Total() + c.Accepted

	// What has left the spool before the export that put it there has returned is not
	// counted as having left yet.
	c.Inherited = spool.Inherited - min(left, spool.Inherited)
	in := c.Inherited + c.Spooled
	c.Replayed = min(spool.Replayed, in)
	c.Dead = min(spool.Dead, in-c.Replayed)
	c.Expired = min(spool.Expired, in-c.Replayed-c.Dead)
	c.SpoolPending = in - c.Replayed - c.Dead - c.Expired
	c.Resent = spool.Resent

	c.QueueLen, c.QueuedCount = c.Pending, c.Accepted
	c.SyncFallbackCount = int64(a.syncs.Load())
	c.FlushCount, c.FlushSpanCount, c.WriteErrorCount = int64(s.exports), int64(s.exportSpans), int64(s.errors)
	c.LastFlushLatencyMS, c.LastWriteLatencyMS = milliseconds(s.lastBatch), milliseconds(s.lastExport)
	c.DroppedCount = c.Dropped.Total()
	c.Adjusted = Adjusted{
		RateLimited: limited.adjusted(),
		Dropped:     AdjustedDropped{full.adjusted(), closed.adjusted(), refused.adjusted()},
		Abandoned:   s.abandoned.adjusted(),
		Exported:    s.exported.adjusted(),
		Failed:      s.failed.adjusted(),
		Spooled:     s.spooled.adjusted(),
	}
}

// spoolSnapshot asks the exporters of all generations. It comes before what is settled, so that
// more is known to have come in than to have left.
func (a *account) spoolSnapshot() (n report.Counts, left int64) {
	g := a.gens.Load()
	n = g.spool
	for _, c := range g.conns {
		if e := c.exporter.Load(); e != nil && e.spool.CanCount() {
			n = n.Plus(c.spoolCounts())
		}
	}
	return n, int64(g.left)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// add sums up what can be summed up.
func (c *Counters) add(o *Counters) {
	c.QueueLen += o.QueueLen
	c.QueueCap += o.QueueCap
	c.QueuedCount += o.QueuedCount
	c.SyncFallbackCount += o.SyncFallbackCount
	c.FlushCount += o.FlushCount
	c.FlushSpanCount += o.FlushSpanCount
	c.WriteErrorCount += o.WriteErrorCount
	c.LastFlushLatencyMS = max(c.LastFlushLatencyMS, o.LastFlushLatencyMS)
	c.LastWriteLatencyMS = max(c.LastWriteLatencyMS, o.LastWriteLatencyMS)
	c.DroppedCount += o.DroppedCount
	c.DynamicSampleFactor = min(c.DynamicSampleFactor, o.DynamicSampleFactor)
	c.Offered += o.Offered
	c.SampledOut += o.SampledOut
	c.RateLimited += o.RateLimited
	c.Dropped.QueueFull += o.Dropped.QueueFull
	c.Dropped.Closed += o.Dropped.Closed
	c.Dropped.Recursion += o.Dropped.Recursion
	c.Accepted += o.Accepted
	c.Pending += o.Pending
	c.Abandoned += o.Abandoned
	c.Exported += o.Exported
	c.Failed += o.Failed
	c.Spooled += o.Spooled
	c.Inherited += o.Inherited
	c.SpoolPending += o.SpoolPending
	c.Replayed += o.Replayed
	c.Dead += o.Dead
	c.Expired += o.Expired
	c.Resent += o.Resent
	c.Adjusted.add(&o.Adjusted)
}

func (a *Adjusted) add(o *Adjusted) {
	a.RateLimited += o.RateLimited
	a.Dropped.QueueFull += o.Dropped.QueueFull
	a.Dropped.Closed += o.Dropped.Closed
	a.Dropped.Recursion += o.Dropped.Recursion
	a.Abandoned += o.Abandoned
	a.Exported += o.Exported
	a.Failed += o.Failed
	a.Spooled += o.Spooled
}
