package otelhook

import (
	"cmp"
	"context"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
)

// span is what Begin returns. Everything but ended is written before anyone else sees it.
type span struct {
	frame                 frame
	otel                  trace.Span
	unit                  unit            // nil without a Meta
	found                 context.Context // what Begin found and End restores
	up                    *span           // the span of the same Meta that found holds, if any
	foundKind, foundEntry string
	tracing               *tracing
	begun                 *words       // only if Begin was given a status, code or result
	remote                trace.SpanID // the parent, if it came from the Meta's ids
	ended                 atomic.Bool
	caller                atomic.Int32 // the sampled flag of a caller that was heard of late: callerNone and so on
}

// begin opens a span below the current one of u and makes it the current one.
func (t *tracing) begin(u unit, name string, attrs map[string]any) *span {
	s := &span{unit: u, tracing: t}
	b := scratchPool.Get()
	var w words
	b.read(attrs, &w)
	ctx := t.start(s, b, name, &w)
	if w.status != "" || w.result != "" || w.hasCode {
		begun := w
		s.begun = &begun
	}
	s.frame = frame{ctx, s}
	if u != nil {
		u.Enter(&s.frame, w.kind, w.entry, t)
	}
	return s
}

// trace records a span of no length, which is never the current one.
func (t *tracing) trace(u unit, name, status string, attrs map[string]any) {
	var s span
	s.unit = u
	b := scratchPool.Get()
	var w words
	b.read(attrs, &w)
	if status = lower(status); status != "" {
		w.status = status
	}
	if w.failed() && w.result == "" {
		w.result = textOf(attrs["error"])
	}
	now := trace.WithTimestamp(cmp.Or(startTime(w.start), time.Now()))
	b.at = now
	t.start(&s, b, name, &w)
	if w.failed() {
		setFailed(s.otel, w.message())
	}
	s.otel.End(now)
}

// start starts the OpenTelemetry span of s by what b and w say, and gives b back. Afterwards w
// has the kind and the entry that spans below inherit.
func (t *tracing) start(s *span, b *scratch, name string, w *words) context.Context {
	ctx, told := context.Background(), false
	if s.unit != nil {
		ctx, s.foundKind, s.foundEntry, told = s.unit.Current()
	}
	s.found = ctx
	if told {
		ctx = s.unit.Receive(t)
		if _, own := s.unit.(*tracehook.Meta); own {
			s.found = ctx
		} else if sc := trace.SpanContextFromContext(ctx); sc.IsRemote() {
			s.remote = sc.SpanID()
		}
	}
	f := frameOf(s.found)
	s.up = f.of(s.unit)
	ctx = f.heardOf(ctx)
	kind := b.words(w, s.foundKind, s.foundEntry)
	ctx, s.otel = t.tracer.Start(ctx, nameOf(name, w.step), b.options(kind)...) //nolint:spancheck // the caller of Begin ends it
	scratchPool.Put(b)
	return ctx
}

// nameOf returns name, which is never replaced by anything; only if it is empty, the step
// stands in.
func nameOf(name, step string) string {
	switch {
	case name != "":
		return clean(name)
	case step != "":
		return step
	}
	return "unnamed"
}

// of returns s if it was begun on u, nil otherwise: spans of the Meta that u was forked from
// don't count.
func (s *span) of(u unit) *span {
	if u == nil || s.unit == nil {
		return nil
	}
	if m, ok := u.(*tracehook.Meta); ok {
		if o, own := s.unit.(*tracehook.Meta); !own || o != m {
			return nil
		}
		return s
	}
	if f, ok := u.(interface{ same(unit) bool }); ok && f.same(s.unit) {
		return s
	}
	return nil
}

// End ends the span, once; see [tracehook.TraceSpan].
func (s *span) End(results ...any) {
	if !s.ended.CompareAndSwap(false, true) {
		return
	}
	// Recovering works only here, in the function that was deferred itself.
	if !s.tracing.quiet {
		if v := recover(); v != nil {
			defer panic(v) //nolint:forbidigo // the application's own panic goes on
			s.endInPanic(v)
			return
		}
	}
	s.end(results)
}

// errorSpan is a span for frameworks whose spans end with errors only.
type errorSpan span

// End is [span.End].
func (e *errorSpan) End(errs ...error) {
	s := (*span)(e)
	if !s.ended.CompareAndSwap(false, true) {
		return
	}
	if !s.tracing.quiet {
		if v := recover(); v != nil {
			defer panic(v) //nolint:forbidigo // the application's own panic goes on
			s.endInPanic(v)
			return
		}
	}
	if len(errs) == 0 {
		s.end(nil)
		return
	}
	results := make([]any, len(errs))
	for i, err := range errs {
		results[i] = err
	}
	s.end(results)
}

func (s *span) endInPanic(v any) {
	s.listen()
	s.leave()
	recordPanic(s.otel, v)
	s.otel.End()
}

func (s *span) end(results []any) {
	s.listen()
	s.leave()
	if len(results) > 0 || s.begun != nil {
		s.setStatus(results)
	}
	s.otel.End()
}

// listen links the span to a parent in another process of which its Meta was told while the span
// was open: too late for a parent.
func (s *span) listen() {
	switch u := s.unit.(type) {
	case *tracehook.Meta:
		if u.News() {
			u.Receive(s.tracing)
		}
	case interface{ listen(s *span) }:
		u.listen(s)
	}
}

// setStatus gives the span its final status.
func (s *span) setStatus(results []any) {
	if !s.otel.IsRecording() {
		return
	}
	st, ok := statusOf(results)
	switch {
	case ok:
		st.set(s.otel, s.begun)
	case s.begun != nil && s.begun.failed():
		setFailed(s.otel, s.begun.message())
	}
}
