package sampler

import (
	"slices"
	"sync"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/internal/spannote"
)

// Head is the sampler of a whole process: the union of its connections' policies, as far as
// the start of a span lets them see.
//
// A span whose trace begins here is dropped only if no connection could ever keep it; it gets
// the sampled flag, and th, if a voting connection would keep it by probability on what is
// known; else it is only recorded. Below a remote parent the flag and th travel on unchanged,
// unless every policy ignores parents or [Wire] says otherwise; a remote parent that this process
// has begun itself counts as a local one. Members of others in the tracestate stay, and the head
// adds none of its own. Spans under [decision.ExportContext] are dropped.
//
// What the policies have to know at the end of a span, the head remembers in tables of a fixed
// size ([decision.Notes]), which take up to 640 KiB. On a provider from [Head.NewTracerProvider] it
// needs them only below remote parents. A Head may also be given to any other provider as it is;
// then it notes each trace, and spans of a trace whose note was pushed out count as foreign.
type Head struct {
	set     atomic.Pointer[headSet]
	own     atomic.Pointer[sdktrace.TracerProvider]
	spans   *spannote.Table
	traces  traceNotes
	entries entries // for samplers from Over
	dropped dropCount
	inside  atomic.Bool // a span of an export has begun that the head could not tell
	foreign atomic.Pointer[func(sdktrace.ReadWriteSpan)]
	swap    sync.Mutex
}

var _ sdktrace.Sampler = (*Head)(nil)

// NewHead returns a Head over policies. Without any it drops every span; their ids stay valid.
func NewHead(policies ...*Policy) *Head { return NewWiredHead(Wire{}, policies...) }

// NewWiredHead is [NewHead] with what the head believes of others and writes for them.
func NewWiredHead(wire Wire, policies ...*Policy) *Head {
	h := &Head{spans: spannote.NewTable(), traces: newTraceNotes()}
	h.store(wire, policies)
	return h
}

// NewTracerProvider returns an SDK provider with opts whose sampler is h. It becomes the head's
// own: a Head has one, so call it once.
func (h *Head) NewTracerProvider(opts ...sdktrace.TracerProviderOption) *sdktrace.TracerProvider {
	tp := sdktrace.NewTracerProvider(append(slices.Clip(opts), sdktrace.WithSampler(ownSampler{h}))...)
	h.own.Store(tp)
	return tp
}

// Swap makes the next span be decided by policies. Spans that have begun are remembered with
// what was recorded when they began, so that their weight stays right. Nil policies are left out.
// It may be called at any time; concurrent calls take effect one after the other.
func (h *Head) Swap(policies ...*Policy) {
	h.swap.Lock()
	defer h.swap.Unlock()
	var wire Wire
	if before := h.set.Load(); before != nil {
		wire = before.wire
	}
	h.store(wire, policies)
}

// SwapWire is [Head.Swap], and replaces what the head believes of others and writes for them.
func (h *Head) SwapWire(wire Wire, policies ...*Policy) {
	h.swap.Lock()
	defer h.swap.Unlock()
	h.store(wire, policies)
}

func (h *Head) store(wire Wire, policies []*Policy) {
	for _, p := range policies {
		if p != nil {
			p.head.Store(h)
		}
	}
	set := newHeadSet(wire.withDefaults(), policies)
	var before eras
	if s := h.set.Load(); s != nil {
		before = s.eras
	}
	set.eras = before.next(era{recorded: set.recorded, unsampled: set.unsampled})
	h.set.Store(set)
}

// Dropped returns how many spans the head has dropped, without those of exports. Nobody else
// sees them.
func (h *Head) Dropped() uint64 { return h.dropped.sum() }

// Description returns "tracehook".
func (*Head) Description() string { return "tracehook" }

// ShouldSample implements [sdktrace.Sampler]. It doesn't allocate, but where a tracestate
// with members of others has to be changed (where a child's threshold differs from its
// parent's, and where a remote parent doesn't count), and at the sight of a new name.
func (h *Head) ShouldSample(p sdktrace.SamplingParameters) (r sdktrace.SamplingResult) {
	h.sample(&r, &p, false)
	return r
}

// ownSampler is the Head as its own provider has it.
type ownSampler struct{ *Head }

func (s ownSampler) ShouldSample(p sdktrace.SamplingParameters) (r sdktrace.SamplingResult) {
	s.sample(&r, &p, true)
	return r
}

// sample writes its result to r: copies cost more than decisions.
func (h *Head) sample(r *sdktrace.SamplingResult, p *sdktrace.SamplingParameters, own bool) {
	if export := h.judge(r, p, own); r.Decision == sdktrace.Drop && !export {
		h.dropped.add(&p.TraceID)
	}
}

// judge is sample without an account of what is dropped. It also says whether the span belongs to
// an export of ours.
func (h *Head) judge(r *sdktrace.SamplingResult, p *sdktrace.SamplingParameters, own bool) (export bool) {
	set := h.set.Load()
	span := trace.SpanFromContext(p.ParentContext)
	parent := span.SpanContext()
	switch {
	case !parent.IsValid():
		// A trace id alone is no parent: the SDK begins a root that has it, and nobody has
		// decided about that yet.
		if p.ParentContext != nil && decision.IsExport(p.ParentContext) {
			h.traces.put(p.TraceID, traceExport)
			r.Decision, r.Tracestate = sdktrace.Drop, parent.TraceState()
			return true
		}
		if !own {
			h.traces.put(p.TraceID, traceBegun)
		}
		var v *vote
		r.Decision, v = set.decide(set.roots, p, decision.TraceRandomness(p.TraceID))
		r.Tracestate = v.state
	case parent.IsRemote():
		if decision.IsExport(p.ParentContext) {
			r.Decision, r.Tracestate = sdktrace.Drop, parent.TraceState()
			return true
		}
		r.Decision, r.Tracestate = h.belowRemote(set, p, &parent, own)
	default:
		l := h.local(span)
		if h.insideExport(set, p, &l) {
			r.Decision, r.Tracestate = sdktrace.Drop, parent.TraceState()
			return true
		}
		r.Decision, r.Tracestate = h.belowLocal(set, p, &l, &parent, own)
	}
	return false
}
