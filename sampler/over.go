package sampler

import (
	"encoding/binary"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// Over returns a sampler for a provider of the application's own, which has theirs. Flag,
// tracestate and attributes are what theirs says, so that other services and the other processors'
// exporters see what they would without h. Spans that theirs drops, and a connection may
// want, are recorded all the same; every connection decides about all spans as on the head's own
// provider. Nil stands for the SDK's default, which samples all but what a parent wasn't.
//
// Like theirs, it doesn't allocate, unless it samples otherwise than a remote parent did.
func (h *Head) Over(theirs sdktrace.Sampler) sdktrace.Sampler {
	if theirs == nil {
		theirs = sdktrace.ParentBased(sdktrace.AlwaysSample())
	}
	return &over{head: h, theirs: theirs}
}

type over struct {
	head   *Head
	theirs sdktrace.Sampler
}

// Description names both samplers.
func (o *over) Description() string { return "tracehook over " + o.theirs.Description() }

// ShouldSample implements [sdktrace.Sampler].
func (o *over) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	r := o.theirs.ShouldSample(p)
	var ours sdktrace.SamplingResult
	export := o.head.judge(&ours, &p, false)
	if parent := trace.SpanContextFromContext(p.ParentContext); parent.IsRemote() {
		o.head.entries.keep(&parent, r.Decision == sdktrace.RecordAndSample, r.Tracestate, o.head.set.Load().wire)
	}
	if r.Decision != sdktrace.Drop {
		return r
	}
	if ours.Decision != sdktrace.Drop {
		r.Decision = sdktrace.RecordOnly
	} else if !export {
		o.head.dropped.add(&p.TraceID)
	}
	return r
}

// remoteEntry is what a remote parent said that another sampler didn't go on with.
type remoteEntry struct {
	trace trace.TraceID
	said  decision.Entry
}

const entrySlots = 1 << 12

// entries remembers the last few thousand of them. It takes 32 KiB, from the first one on.
type entries struct {
	rows atomic.Pointer[[entrySlots]atomic.Pointer[remoteEntry]]
}

// keep remembers what parent said, if a span below it doesn't say so, too.
func (e *entries) keep(parent *trace.SpanContext, sampled bool, state trace.TraceState, wire Wire) {
	id := parent.TraceID()
	said, says := entryOf(parent.TraceState(), id, parent.IsSampled()), entryOf(state, id, sampled)
	if said.CarriesThreshold && said.Threshold.AdjustedCount() > wire.MaxWeight {
		said = decision.Entry{Sampled: said.Sampled} // a weight that is too large to be believed
	}
	if said == says && e.get(id) == nil {
		return
	}
	rows := e.rows.Load()
	if rows == nil {
		e.rows.CompareAndSwap(nil, new([entrySlots]atomic.Pointer[remoteEntry]))
		rows = e.rows.Load()
	}
	rows[entrySlot(id)].Store(&remoteEntry{id, said})
}

func entryOf(ts trace.TraceState, id trace.TraceID, sampled bool) decision.Entry {
	st := decision.ReadState(ts, id)
	return decision.Entry{Sampled: sampled, HasThreshold: st.HasThreshold, CarriesThreshold: st.CarriesThreshold, Threshold: st.Threshold}
}

// get returns what is remembered of a trace; nil for nothing.
func (e *entries) get(id trace.TraceID) *decision.Entry {
	rows := e.rows.Load()
	if rows == nil {
		return nil
	}
	if r := rows[entrySlot(id)].Load(); r != nil && r.trace == id {
		return &r.said
	}
	return nil
}

func entrySlot(id trace.TraceID) uint64 {
	return (binary.BigEndian.Uint64(id[8:]) ^ binary.BigEndian.Uint64(id[:8])) % entrySlots
}
