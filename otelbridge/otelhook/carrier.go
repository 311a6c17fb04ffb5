package otelhook

import (
	"context"
	"sync/atomic"

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
	// Receive returns the context with what came from outside, and tells the current span, if
	// there is one, what came too late for it.
	Receive(r tracehook.Receiver) context.Context
}

type kinder interface{ TraceKind(kind ...string) string }

type entrier interface{ TraceEntry(entry ...string) string }

// foreign makes a unit of a carrier that has to be told the ids of its current span. Each span
// has its own.
type foreign[M Carrier[M]] struct {
	meta   M
	before ids  // what the carrier said before the span
	own    ids  // what the span told it
	began  bool // own, kind and entry are set
	// What it found and tells, as arguments: a slice for each call would be an allocation each.
	foundKind, foundEntry, kind, entry [1]string
	root                               *foreign[M] // of the outermost span of the carrier that was open; nil for that one
	// told is what the carrier was told while a span was open, in the outermost one's: the place
	// of the next span outside of all of them.
	told atomic.Pointer[ids]
}

// ids are arrays of one, so that a slice of them is the argument of a setter.
type ids struct{ trace, span, parent [1]string }

func (f *foreign[M]) Current() (ctx context.Context, kind, entry string, inbound bool) {
	if k, ok := any(f.meta).(kinder); ok {
		kind = k.TraceKind()
	}
	if e, ok := any(f.meta).(entrier); ok {
		entry = e.TraceEntry()
	}
	if !f.began {
		f.foundKind[0], f.foundEntry[0] = kind, entry
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

// Receive looks at the ids that the carrier has: those of a span in another process or, while a
// span of this carrier is current, what it was told since that span began.
func (f *foreign[M]) Receive(r tracehook.Receiver) context.Context {
	ctx, _, _, _ := f.Current()
	f.before = f.ids()
	if up := frameOf(ctx).of(f); up != nil {
		if o, ok := up.unit.(*foreign[M]); ok && !f.began {
			f.root = o.outermost()
			o.hear(f.before, up)
		}
	}
	if trace.SpanContextFromContext(ctx).IsValid() || f.before.trace[0] == "" {
		return ctx
	}
	ctx, _ = r.Receive(ctx, f.before.metadata(), false)
	return ctx
}

// hear keeps ids that aren't the span's, and links the span to the one that they name. The
// framework's HTTP module parses a request's headers after it has begun the request's span.
func (f *foreign[M]) hear(now ids, s *span) {
	if now.trace[0] == "" || now.trace == f.own.trace || now == f.before {
		return
	}
	if sc := trace.SpanContextFromContext(f.meta.Context()); sc.IsValid() && now.trace[0] == sc.TraceID().String() {
		return // a span in a context from elsewhere, below which another was begun
	}
	if now.span == f.own.span {
		now.span[0] = "" // only trace and parent were told
	}
	to := &f.outermost().told
	if last := to.Load(); last != nil && *last == now {
		return
	}
	to.Store(&now)
	link(s.otel, remoteSpanContext(now.metadata()))
}

// listen is called when s, the span of f, ends.
func (f *foreign[M]) listen(s *span) { f.hear(f.ids(), s) }

func (f *foreign[M]) outermost() *foreign[M] {
	if f.root != nil {
		return f.root
	}
	return f
}

// Enter is called first when the span begins, and then when it or an enclosing one that
// ended earlier has to go.
func (f *foreign[M]) Enter(ctx context.Context, kind, entry string, _ tracehook.Inspector) {
	begins := !f.began
	if begins { // before anyone else can see the span
		f.began, f.own = true, idsOf(ctx)
	}
	f.meta.WithContext(ctx)
	if begins {
		f.kind[0], f.entry[0] = kind, entry
		f.say(&f.kind, &f.entry, &f.own)
		return
	}
	kinds, entries := &f.foundKind, &f.foundEntry // what a span found never changes
	if kinds[0] != kind || entries[0] != entry {
		kinds, entries = &[1]string{kind}, &[1]string{entry}
	}
	if sc := trace.SpanContextFromContext(ctx); sc.IsValid() && !sc.IsRemote() {
		f.say(kinds, entries, f.idsIn(ctx))
		return
	}
	// Outside of any span the carrier says again what it said before, or what it was told
	// in the meantime, for the next span to find.
	if told := f.outermost().told.Load(); told != nil {
		f.say(kinds, entries, told)
	} else {
		f.say(kinds, entries, &f.before)
	}
}

// idsIn returns the ids of the span in ctx; those that its own carrier was told, if it is one of ours.
func (f *foreign[M]) idsIn(ctx context.Context) *ids {
	if up := frameOf(ctx).of(f); up != nil && shows(ctx, up) {
		if o, ok := up.unit.(*foreign[M]); ok {
			return &o.own
		}
	}
	i := idsOf(ctx)
	return &i
}

func (f *foreign[M]) ids() ids {
	return ids{[1]string{f.meta.TraceId()}, [1]string{f.meta.SpanId()}, [1]string{f.meta.ParentSpanId()}}
}

// say tells the carrier where it is. Nobody changes what kind, entry and i point at.
func (f *foreign[M]) say(kind, entry *[1]string, i *ids) {
	if k, ok := any(f.meta).(kinder); ok {
		k.TraceKind(kind[:]...)
	}
	if e, ok := any(f.meta).(entrier); ok {
		e.TraceEntry(entry[:]...)
	}
	f.meta.TraceId(i.trace[:]...)
	f.meta.SpanId(i.span[:]...)
	f.meta.ParentSpanId(i.parent[:]...)
}

func (i *ids) metadata() tracehook.Metadata {
	return tracehook.Metadata{TraceId: i.trace[0], SpanId: i.span[0], ParentSpanId: i.parent[0]}
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
		return ids{[1]string{s[:32]}, [1]string{s[32:48]}, [1]string{}}
	}
	s := string(appendHex(all, parent[:]))
	return ids{[1]string{s[:32]}, [1]string{s[32:48]}, [1]string{s[48:]}}
}

func appendHex(b, id []byte) []byte {
	const digits = "0123456789abcdef"
	for _, c := range id {
		b = append(b, digits[c>>4], digits[c&0xf])
	}
	return b
}
