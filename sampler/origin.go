package sampler

import (
	"context"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/internal/inbound"
	"github.com/tracehook/tracehook/internal/spannote"
)

var _ decision.Notes = (*Head)(nil)

// remote is the origin in the notes of all spans below a remote parent. Their tracestate says
// whether it is Inherited or Unweighted.
const remote = decision.Inherited

// Started implements [decision.Notes].
func (h *Head) Started(ctx context.Context, s sdktrace.ReadWriteSpan) {
	set := h.set.Load()
	sc := s.SpanContext()
	origin, export := h.started(ctx, set, s, &sc)
	if !s.Parent().IsValid() {
		linkCaller(ctx, s)
	}
	h.spans.Put(&sc, spannote.New(origin, export, set.eras.now))
	if origin == decision.Foreign && !export {
		if notice := h.foreign.Load(); notice != nil {
			(*notice)(s)
		}
	}
}

// NoticeForeign makes notice be called at the start of each span that is recorded and that h had no
// say in. It replaces the one before; nil ends that.
func (h *Head) NoticeForeign(notice func(s sdktrace.ReadWriteSpan)) {
	if notice == nil {
		h.foreign.Store(nil)
		return
	}
	h.foreign.Store(&notice)
}

func (h *Head) started(ctx context.Context, set *headSet, s sdktrace.ReadWriteSpan, sc *trace.SpanContext) (decision.Origin, bool) {
	parent := s.Parent()
	own := h.owns(s)
	if !own && !h.traces.get(sc.TraceID()).lent() {
		return decision.Foreign, h.spans.InExport(ctx, &parent)
	}
	switch {
	case !parent.IsValid():
		if decision.IsExportItself(ctx) { // the head has not seen it: see the processor's Inside
			h.inside.Store(true)
			return decision.Local, true
		}
		return decision.Local, false
	case parent.IsRemote():
		return h.entryOrigin(ctx, set, &parent), false
	case h.inside.Load() && h.spans.InExport(ctx, &parent):
		return decision.Local, true
	default:
		above := h.local(trace.SpanFromContext(ctx))
		if own && above.recorded && h.traces.empty() {
			return decision.Local, false
		}
		if late := lateCaller(&above); late != nil {
			if set.heedsCallers() {
				return remote, false
			}
			above = h.local(late.Span)
		}
		if o := h.originOf(&above, &parent); o != decision.Foreign {
			return o, false
		}
		return remote, false
	}
}

// afterHop returns the origin of a span below a remote parent: that of the parent, if this
// process has begun it.
func (h *Head) afterHop(set *headSet, parent *trace.SpanContext) decision.Origin {
	if !set.heedsCallers() {
		return decision.Local
	}
	if n, ok := h.spans.Get(parent); ok && n.Origin() != decision.Foreign {
		return n.Origin()
	}
	return remote
}

// entryOrigin is afterHop, and looks at what the caller asks for, if it is another process.
func (h *Head) entryOrigin(ctx context.Context, set *headSet, parent *trace.SpanContext) decision.Origin {
	o := h.afterHop(set, parent)
	if o != remote || h.afterHopIsOwn(parent) {
		return o
	}
	switch inbound.WishOf(ctx) {
	case inbound.Deferred:
		return decision.Local
	case inbound.Debug:
		return decision.Debugged
	default:
		return o
	}
}

// OwnHop reports whether a remote parent counts as a local one, since this process has begun it.
func (h *Head) OwnHop(parent trace.SpanContext) bool {
	set := h.set.Load()
	return set.heedsCallers() && h.afterHopIsOwn(&parent)
}

// originOf returns the origin of a local span that is a parent, by its note; or by what is known
// of its trace, if the span was dropped or its note was pushed out.
func (h *Head) originOf(l *local, sc *trace.SpanContext) decision.Origin {
	if n, ok := h.spans.Get(sc); ok {
		return n.Origin()
	}
	switch kind := h.traces.get(sc.TraceID()); {
	case kind == traceLent, kind == traceEntered && l.own:
		return remote
	case kind == traceBegun:
		return decision.Local
	case !l.own:
		return decision.Foreign
	}
	recorded, ok := l.Span.(sdktrace.ReadOnlySpan)
	if !ok || h.traces.empty() {
		return decision.Local
	}
	parent := recorded.Parent()
	return byParent(&parent)
}

// byParent returns the origin of a span of which nothing but the parent is known.
func byParent(parent *trace.SpanContext) decision.Origin {
	switch {
	case !parent.IsValid():
		return decision.Local
	case parent.IsRemote():
		return remote
	default:
		return decision.Unknown
	}
}

// owns reports whether span belongs to the head's own provider.
func (h *Head) owns(span trace.Span) bool {
	own := h.own.Load()
	if own == nil {
		return false
	}
	tp, ok := span.TracerProvider().(*sdktrace.TracerProvider)
	return ok && tp == own
}

// Ended implements [decision.Notes].
func (h *Head) Ended(s *decision.Span) {
	set := h.set.Load()
	if n, ok := h.spans.End(&s.Context); ok {
		s.Export = n.Export()
		h.describe(set, s, n.Origin(), set.eras.at(n.Era()))
		return
	}
	h.describe(set, s, h.lost(s), set.eras.worst)
}

// lent reports that a sampler that was lent to another provider has seen the trace.
func (k traceKind) lent() bool { return k == traceBegun || k == traceLent }

// lost returns the origin of an ended span without a note.
func (h *Head) lost(s *decision.Span) decision.Origin {
	switch kind := h.traces.get(s.Context.TraceID()); {
	case kind == traceEntered, kind == traceLent:
		return remote
	case kind == traceBegun:
		return decision.Local
	case h.own.Load() == nil:
		return decision.Foreign
	case h.traces.empty():
		return decision.Local
	}
	parent := s.Ended.Parent()
	return byParent(&parent)
}

// describe sets what follows from origin.
func (h *Head) describe(set *headSet, s *decision.Span, origin decision.Origin, e era) {
	s.Origin, s.Recorded = origin, e.recorded
	switch origin {
	case decision.Foreign:
		s.Recorded = decision.Always
	case remote:
		s.Recorded = e.unsampled
		s.Entry = h.entries.get(s.Context.TraceID())
		switch said := s.Before(); {
		case said.Sampled && said.HasThreshold:
			if !s.State.HasRandomness { // with an rv, connections that ignore the parent decide by other bits
				s.Recorded = min(e.unsampled, said.Threshold)
			}
		case said.Sampled && !said.CarriesThreshold && !set.wire.UnknownWithoutTh: // it counts as one
		default:
			s.Origin = decision.Unweighted
		}
	case decision.Debugged:
		s.Recorded = e.unsampled // for those that ignore the parent
	case decision.Local, decision.Unweighted, decision.Unknown:
	}
}
