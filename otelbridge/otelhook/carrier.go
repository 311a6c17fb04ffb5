package otelhook

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
)

// Carrier is what a [Hook] asks of the type that goes with a unit of work, such as a
// framework's own Meta: a context that can be replaced, and the ids that travel to other
// processes. *[tracehook.Meta] is one. Called with an argument, the last three set
// their value. If M also has TraceKind and TraceEntry of that shape, spans inherit what
// those say.
//
// The hook calls it from the goroutine that begins or ends a span, and is as safe for
// concurrent use as M is.
type Carrier[M any] interface {
	comparable
	Context() context.Context
	WithContext(ctx context.Context) M
	TraceId(id ...string) string
	SpanId(id ...string) string
	ParentSpanId(id ...string) string
}

// unit is what a span is begun on: a *tracehook.Meta as it is, or any other Carrier in a foreign.
type unit interface {
	Current() (ctx context.Context, kind, entry string, inbound bool)
	Leave(entered, ctx context.Context, kind, entry string) bool
	Enter(ctx context.Context, kind, entry string, in tracehook.Inspector)
	Inbound() (tracehook.Metadata, bool)
}

type kinder interface{ TraceKind(kind ...string) string }

type entrier interface{ TraceEntry(entry ...string) string }

// foreign makes a unit of a carrier that has to be told the ids of its current span. Each span
// has its own.
type foreign[M Carrier[M]] struct {
	meta   M
	before ids // what the carrier said before the span
	own    ids // what the span told it
	began  bool
}

type ids struct{ trace, span, parent string }

func (f *foreign[M]) Current() (ctx context.Context, kind, entry string, inbound bool) {
	if k, ok := any(f.meta).(kinder); ok {
		kind = k.TraceKind()
	}
	if e, ok := any(f.meta).(entrier); ok {
		entry = e.TraceEntry()
	}
	if ctx = f.meta.Context(); ctx == nil {
		ctx = context.Background()
	}
	return ctx, kind, entry, true
}

// Leave isn't atomic: a carrier has no method for that.
func (f *foreign[M]) Leave(entered, ctx context.Context, kind, entry string) bool {
	if f.meta.Context() != entered {
		return false
	}
	f.Enter(ctx, kind, entry, nil)
	return true
}

// Inbound is asked only where the context holds no span.
func (f *foreign[M]) Inbound() (tracehook.Metadata, bool) {
	i := f.ids()
	return tracehook.Metadata{TraceId: i.trace, SpanId: i.span, ParentSpanId: i.parent}, i.trace != ""
}

// Enter is called first when the span begins, and then when it or an enclosing one that
// ended earlier has to go.
func (f *foreign[M]) Enter(ctx context.Context, kind, entry string, _ tracehook.Inspector) {
	f.meta.WithContext(ctx)
	if k, ok := any(f.meta).(kinder); ok {
		k.TraceKind(kind)
	}
	if e, ok := any(f.meta).(entrier); ok {
		e.TraceEntry(entry)
	}
	if !f.began {
		f.began = true
		f.before, f.own = f.ids(), idsOf(ctx)
		f.set(f.own)
		return
	}
	if sc := trace.SpanContextFromContext(ctx); sc.IsValid() && !sc.IsRemote() {
		f.set(idsOf(ctx))
		return
	}
	// Outside of any span the carrier says again what it said before; but if a header was
	// parsed in the meantime, that stays, for the next span to find.
	now := f.ids()
	if now.trace == f.own.trace {
		f.set(f.before)
	} else if now.span == f.own.span {
		f.meta.SpanId("")
	}
}

func (f *foreign[M]) ids() ids {
	return ids{f.meta.TraceId(), f.meta.SpanId(), f.meta.ParentSpanId()}
}

func (f *foreign[M]) set(i ids) {
	f.meta.TraceId(i.trace)
	f.meta.SpanId(i.span)
	f.meta.ParentSpanId(i.parent)
}

// parsed returns the remote span that the carrier was told about while the span was
// open: too late for a parent. The framework's HTTP module does that.
func (f *foreign[M]) parsed() (trace.SpanContext, bool) {
	now := f.ids()
	if !f.began || now.trace == f.own.trace {
		return trace.SpanContext{}, false
	}
	sc := remoteSpanContext(tracehook.Metadata{TraceId: now.trace, SpanId: now.parent})
	return sc, sc.IsValid()
}

// same reports whether other has the same carrier.
func (f *foreign[M]) same(other unit) bool {
	o, ok := other.(*foreign[M])
	return ok && o.meta == f.meta
}

// idsOf returns the ids of the span in ctx, made of one string.
func idsOf(ctx context.Context) ids {
	sc := trace.SpanContextFromContext(ctx)
	if !sc.IsValid() {
		return ids{}
	}
	traceID, spanID, parent := sc.TraceID(), sc.SpanID(), parentOf(ctx)
	var b [64]byte
	all := b[:0]
	all = appendHex(all, traceID[:])
	all = appendHex(all, spanID[:])
	if !parent.IsValid() {
		s := string(all)
		return ids{s[:32], s[32:48], ""}
	}
	s := string(appendHex(all, parent[:]))
	return ids{s[:32], s[32:48], s[48:]}
}

func appendHex(b, id []byte) []byte {
	const digits = "0123456789abcdef"
	for _, c := range id {
		b = append(b, digits[c>>4], digits[c&0xf])
	}
	return b
}
