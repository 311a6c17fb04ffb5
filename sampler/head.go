package sampler

import (
	"crypto/rand"
	"encoding/binary"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// Head is the sampler of a whole process: the union of its connections' policies, as far as
// the start of a span lets them see.
//
// A span whose trace begins here is dropped only if no connection could ever keep it; it gets
// the sampled flag, and th, if a voting connection would keep it by probability on what is
// known; else it is only recorded. Below a remote parent the flag and th travel on unchanged,
// unless every policy ignores parents. Every span gets a mark ([decision.Mark]), by which
// the policies know afterwards what the head did. Members of others in the tracestate stay.
// Spans under [decision.ExportContext] are dropped.
type Head struct {
	set atomic.Pointer[headSet]
	tag uint32
}

var _ sdktrace.Sampler = (*Head)(nil)

// NewHead returns a Head over policies. Without any it drops every span; their ids stay valid.
func NewHead(policies ...*Policy) *Head {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	h := &Head{tag: binary.BigEndian.Uint32(b[:])}
	h.Swap(policies...)
	return h
}

// Swap makes the next span be decided by policies. Spans that have begun keep the mark of
// the set that they began under, so that their weight stays right. Nil policies are left out.
// It may be called at any time; concurrent calls take effect one after the other.
func (h *Head) Swap(policies ...*Policy) {
	for _, p := range policies {
		if p != nil {
			p.head.Store(h)
		}
	}
	h.set.Store(newHeadSet(policies, h.tag))
}

// Description returns "tracehook".
func (*Head) Description() string { return "tracehook" }

// ShouldSample implements [sdktrace.Sampler]. It doesn't allocate, but where a tracestate
// with members of others has to be changed (at the entry of a trace and where a child's
// threshold differs from its parent's), and at the first sight of each of the first thousand
// names.
func (h *Head) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	set := h.set.Load()
	parent := trace.SpanContextFromContext(p.ParentContext)
	if p.ParentContext != nil && decision.IsExport(p.ParentContext) {
		return sdktrace.SamplingResult{Decision: sdktrace.Drop, Tracestate: parent.TraceState()}
	}
	// A trace id alone is no parent: the SDK begins a root that has it, and nobody has decided
	// about that yet.
	if !parent.IsValid() {
		d, v := set.decide(&p, decision.RandomnessOf(p.TraceID[:]))
		return sdktrace.SamplingResult{Decision: d, Tracestate: v.state}
	}
	d, ts := set.child(&p, &parent)
	return sdktrace.SamplingResult{Decision: d, Tracestate: ts}
}
