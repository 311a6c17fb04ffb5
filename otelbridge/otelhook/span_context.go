package otelhook

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/latecaller"
)

type frameKey struct{}

// frame is the context that Begin puts into a Meta: the one with the new span, and a way
// back to ours. It lies inside of the span, so that it costs no allocation.
type frame struct {
	context.Context
	span *span
}

func (f *frame) Value(key any) any {
	if _, ok := key.(frameKey); ok {
		return f
	}
	return f.Context.Value(key)
}

// patched is a context with values of the application's own on top of a span that has
// ended. It shows the nearest open span instead.
type patched struct {
	context.Context
	frame *frame
}

func (p *patched) Value(key any) any {
	if _, ok := key.(frameKey); ok {
		return p.frame
	}
	return p.Context.Value(key)
}

// frameOf returns the innermost frame in ctx, nil if there is none.
func frameOf(ctx context.Context) *frame {
	f, _ := ctx.Value(frameKey{}).(*frame)
	return f
}

// leave makes an open span current again. Other goroutines may begin and end spans of the
// same Meta meanwhile, so it checks again after each change: the last one sees all that
// have ended.
func (s *span) leave() {
	if s.unit == nil {
		return
	}
	if s.unit.Leave(&s.frame, s.found, s.foundKind, s.foundEntry) && (s.up == nil || !s.up.ended.Load()) {
		return
	}
	for s.step() {
	}
}

// step replaces a context that shows an ended span, and reports whether it had to.
func (s *span) step() bool {
	ctx, _, _, _ := s.unit.Current()
	x := frameOf(ctx).of(s.unit)
	if x == nil {
		// A context from elsewhere. It may still show our span. (What a provider that does
		// nothing made is no span, or the parent itself: there is nothing to replace.)
		if !s.otel.SpanContext().IsValid() || !shows(ctx, s) || shows(s.found, s) {
			return false
		}
		x = s
	}
	next, by := x.nearest(ctx)
	if by != nil {
		by.unit.Enter(next, by.foundKind, by.foundEntry, nil)
	}
	return by != nil
}

// nearest returns what has to take the place of ctx, whose innermost span of ours is s,
// and the span that goes with it; nil if ctx may stay.
func (s *span) nearest(ctx context.Context) (next context.Context, by *span) {
	if !s.ended.Load() || coveredIn(ctx, s) {
		return nil, nil
	}
	if ctx != context.Context(&s.frame) {
		// If what found holds has ended too, the next step sees it.
		return patch(ctx, s.found), s
	}
	if s.up != nil {
		if next, by = s.up.nearest(s.found); by != nil {
			return next, by
		}
	}
	return s.found, s
}

// patch returns ctx with the span of base.
func patch(ctx, base context.Context) context.Context {
	return &patched{trace.ContextWithSpan(ctx, trace.SpanFromContext(base)), frameOf(base)}
}

// of returns the span of f if it was begun on u.
func (f *frame) of(u unit) *span {
	if f == nil {
		return nil
	}
	return f.span.of(u)
}

// What is known of a caller that was heard of after its request's span had begun.
const (
	callerNone = int32(iota)
	callerUnsampled
	callerSampled
)

// hear keeps the caller's sampled flag for what is begun below the span in ctx, if it is one of ours.
func hear(ctx context.Context, caller trace.SpanContext) {
	f := frameOf(ctx)
	switch {
	case f == nil || !shows(ctx, f.span) || !caller.IsValid() || caller.TraceID() == f.span.otel.SpanContext().TraceID():
	case caller.IsSampled():
		f.span.caller.Store(callerSampled)
	default:
		f.span.caller.Store(callerUnsampled)
	}
}

// heardOf returns ctx with the flag of a late caller of the span of f, if that is current in ctx, for
// what is begun below it.
func (f *frame) heardOf(ctx context.Context) context.Context {
	if f == nil {
		return ctx
	}
	said := f.span.caller.Load()
	if said == callerNone || !shows(ctx, f.span) || (said == callerSampled) == f.span.otel.SpanContext().IsSampled() {
		return ctx
	}
	return trace.ContextWithSpan(ctx, latecaller.Over(f.span.otel, said == callerSampled))
}

// shows reports whether s is the current span in ctx.
func shows(ctx context.Context, s *span) bool {
	a, b := trace.SpanContextFromContext(ctx), s.otel.SpanContext()
	return a.SpanID() == b.SpanID() && a.TraceID() == b.TraceID()
}

// coveredIn reports whether ctx shows an open span that another tracer started below s.
func coveredIn(ctx context.Context, s *span) bool {
	return !shows(ctx, s) && trace.SpanFromContext(ctx).IsRecording()
}
