package processor

import (
	"time"

	"github.com/tracehook/tracehook/processor/internal/hold"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// Stats is a consistent snapshot of all counters since New. It belongs to the caller. Its
// JSON has the keys of the framework's trace module beside those of the ledger.
type Stats struct {
	// Started is true until Shutdown is called.
	Started         bool `json:"started"`
	ConnectionCount int  `json:"connection_count"`
	// OpenSpans is how many recorded spans have started and not ended, OldestOpenMS for how many
	// milliseconds the oldest of them has been open. With more than some hundred open spans, an
	// older one may be overlooked.
	OpenSpans    int64 `json:"open_spans"`
	OldestOpenMS int64 `json:"oldest_open_ms"`
	// Counters are summed over all connections, those that a reload has removed included, except
	// that DynamicSampleFactor is the smallest, the latencies are the longest, and
	// DroppedCount includes what sampling left out, as the framework has it: it is no sign of
	// loss. Dropped, Failed, Abandoned, Dead and Expired are what was lost.
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
//	Offered  = Held + Accepted + SampledOut + RateLimited + Dropped.Total()
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
	// Held wait for the decision about their trace, or for room in the queue after it.
	Held int64 `json:"held"`
	// TracesDecided counts the local parts of traces that were decided about, TracesEarly those of
	// them that were not complete, LateSpans the spans that ended after the decision. Globally a
	// part counts once, whatever the number of connections.
	TracesDecided int64       `json:"traces_decided"`
	TracesEarly   TracesEarly `json:"traces_early"`
	LateSpans     int64       `json:"late_spans"`
	// SampledOut were left out by the Decider or dropped by the head sampler, RateLimited by the
	// Decider's limit.
	SampledOut  int64 `json:"sampled_out"`
	RateLimited int64 `json:"rate_limited"`
	// SampledOutHead are the part of SampledOut that the head sampler has dropped at their
	// start, since no connection could keep them.
	SampledOutHead int64 `json:"sampled_out_head"`
	// Shed are the part of SampledOut that only the dynamic factor has left out.
	Shed int64 `json:"shed"`
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

// TracesEarly counts decisions about traces that were not complete, by what they were decided for.
type TracesEarly struct {
	// Wait: the trace was open for too long after its first span had ended.
	Wait int64 `json:"wait"`
	// Size: it had too many spans.
	Size int64 `json:"size"`
	// Memory: all traces together had too many spans, or too large ones.
	Memory int64 `json:"memory"`
	// Reload: the connection has gone, or got another policy.
	Reload int64 `json:"reload"`
	// Shutdown: the process ended.
	Shutdown int64 `json:"shutdown"`
}

// Total returns the sum.
func (t TracesEarly) Total() int64 { return t.Wait + t.Size + t.Memory + t.Reload + t.Shutdown }

// Dropped counts spans by what they were dropped for.
type Dropped struct {
	QueueFull int64 `json:"queue_full"`
	// Closed ended while or after their connection was shut down, or before it was opened (see
	// [Options].CountEarly).
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
	list := f.conns.Load()
	if list == nil {
		return st
	}
	st.Started = !list.closed
	st.ConnectionCount = len(list.members)
	open, oldest := f.open.load(time.Now(), f.made)
	st.OpenSpans, st.OldestOpenMS = open, oldest.Milliseconds()
	st.Connections = make(map[string]*ConnectionStats, len(list.members))
	var sum ledger.Snapshot
	dropped := f.options.Notes.Dropped()
	late, factor, queues := f.late.Load(), 1.0, 0
	if list.early != nil {
		sum.Closed = list.early.Load().Plus(late) // nobody's yet
	}
	all := make([]ConnectionStats, len(list.members)+len(list.retired)+1)
	for i := range list.members {
		m, c := &list.members[i], &all[i]
		s := m.ledger.Snapshot()
		s.AddHead(m.ledger.Head.Of(dropped))
		s.Closed = s.Closed.Plus(late)
		sum.Add(&s)
		c.fill(&s, m.conn.QueueSize(), m.factor())
		queues += m.conn.QueueSize()
		factor = min(factor, c.DynamicSampleFactor)
		st.Connections[m.conn.Name()] = c
	}
	retire := func(c *ConnectionStats, name string, s *ledger.Snapshot) {
		if st.Retired == nil {
			st.Retired = make(map[string]*ConnectionStats, len(list.retired)+1)
		}
		sum.Add(s)
		c.fill(s, 0, 1)
		st.Retired[name] = c
	}
	all = all[len(list.members):]
	for i, l := range list.retired {
		s := l.Snapshot()
		s.AddHead(l.Head.Of(dropped))
		retire(&all[i], l.Name, &s)
	}
	if list.others != nil {
		retire(&all[len(list.retired)], OtherRetired, list.others)
	}
	st.fill(&sum, queues, factor)
	st.DroppedCount += st.SampledOut + st.RateLimited
	traces := f.hold.Stats()
	st.fillTraces(ledger.Traces{Decided: traces.Decided, Late: traces.Late})
	return st
}

// fill derives the counters from a snapshot.
func (c *Counters) fill(s *ledger.Snapshot, queueCap int, factor float64) {
	c.SampledOut, c.SampledOutHead, c.Shed = int64(s.SampledOut), int64(s.HeadDropped), int64(s.Shed)
	c.RateLimited = int64(s.RateLimited.Spans)
	c.Dropped = Dropped{int64(s.Full.Spans), int64(s.Closed.Spans), int64(s.Recursion.Spans)}
	c.Accepted, c.Pending = int64(s.Accepted), int64(s.Pending())
	c.Abandoned, c.Exported = int64(s.Abandoned.Spans), int64(s.Exported.Spans)
	c.Failed, c.Spooled = int64(s.Failed.Spans), int64(s.Spooled.Spans)
	c.Held = int64(s.Held)
	c.fillTraces(s.Traces)
	c.Offered = c.Held + c.SampledOut + c.RateLimited + c.Dropped.Total() + c.Accepted
	c.Inherited, c.SpoolPending, c.Replayed = s.Spool.Inherited, s.Spool.Pending, s.Spool.Replayed
	c.Dead, c.Expired, c.Resent = s.Spool.Dead, s.Spool.Expired, s.Spool.Resent

	c.QueueLen, c.QueueCap, c.QueuedCount = c.Pending, int64(queueCap), c.Accepted
	c.SyncFallbackCount = int64(s.Fallbacks)
	c.FlushCount, c.FlushSpanCount, c.WriteErrorCount = int64(s.Exports), int64(s.ExportSpans), int64(s.Errors)
	c.LastFlushLatencyMS, c.LastWriteLatencyMS = milliseconds(s.LastBatch), milliseconds(s.LastExport)
	c.DroppedCount = c.Dropped.Total()
	c.DynamicSampleFactor = factor
	c.Adjusted = Adjusted{
		RateLimited: s.RateLimited.Adjusted(),
		Dropped:     AdjustedDropped{s.Full.Adjusted(), s.Closed.Adjusted(), s.Recursion.Adjusted()},
		Abandoned:   s.Abandoned.Adjusted(),
		Exported:    s.Exported.Adjusted(),
		Failed:      s.Failed.Adjusted(),
		Spooled:     s.Spooled.Adjusted(),
	}
}

func (c *Counters) fillTraces(t ledger.Traces) {
	n := func(cause hold.Cause) int64 { return int64(t.Decided[cause]) }
	c.TracesEarly = TracesEarly{n(hold.ByWait), n(hold.BySize), n(hold.ByMemory), n(hold.ByReload), n(hold.ByShutdown)}
	c.TracesDecided, c.LateSpans = n(hold.Complete)+c.TracesEarly.Total(), int64(t.Late)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
