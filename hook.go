package tracehook

import (
	"context"
	"sync/atomic"
)

// Map holds the attributes of a span. It is an alias, so that any map[string]any fits.
type Map = map[string]any

// TraceSpan is a span that was begun.
type TraceSpan interface {
	// End ends the span. The first result that isn't nil says how it went: something with
	// a status of its own (methods OK, Code, Status and Error), an error, or anything
	// else, which is a failure too. Without one the span ends with the status that it was
	// begun with, which is ok if it had none.
	//
	// Only the first call counts. It may come from any goroutine, and in any order with
	// respect to other spans. Deferred directly (defer span.End()), it also sees a panic that
	// passes by, records it as a failure, and lets it go on.
	End(results ...any)
}

// TraceHook receives what an application traces. Its methods are called from any
// goroutine and must not block or panic. They must not change attrs, or keep it after they
// have returned: it belongs to the caller.
type TraceHook interface {
	// Begin opens a span below the current one of meta and makes it the current one. meta
	// may be nil; the result must not be.
	Begin(meta *Meta, name string, attrs Map) TraceSpan
	// Trace records a span of no length below the current one of meta. A status that is
	// neither empty nor ok is a failure, and attrs["error"] its text.
	Trace(meta *Meta, name, status string, attrs Map) error
}

// Inspector is what a [TraceHook] hands to [Meta.Enter], so that the Meta can say where it is.
type Inspector interface {
	// Inspect says which span ctx holds, whoever made it. It is safe for concurrent use.
	Inspect(ctx context.Context) Position
}

// Position is a place in a trace. The zero Position is none.
type Position struct {
	// TraceParent, TraceState and Baggage are the W3C headers that a call made from here
	// would carry; empty if there is nothing to carry.
	TraceParent, TraceState, Baggage string
	// ParentSpanId is the parent of the span that TraceParent names, if it is known: 16
	// hexadecimal digits, or empty.
	ParentSpanId string //nolint:revive // the framework's spelling
	// Remote says that TraceParent names a span of another process.
	Remote bool
	// Silent says that a call made from here carries nothing, because the hook's propagators
	// are none.
	Silent bool
}

// Receiver is what an [Inspector] also is if it can put into a context what a Meta received from
// another process.
type Receiver interface {
	// Receive returns ctx with the remote parent and the baggage of data, and true. If ctx holds
	// a span already, it returns ctx as it is, and false; but if fresh, data came later than ctx,
	// takes the place of a remote span, and becomes a link of a span of this process. It is safe
	// for concurrent use.
	Receive(ctx context.Context, data Metadata, fresh bool) (context.Context, bool)
}

type attachment struct{ hook TraceHook }

var attached atomic.Pointer[attachment] //nolint:gochecknoglobals // Attach is process-wide by contract

// Attach makes hook the one that every [Meta] of the process calls, from now on, in place of
// the one attached before; spans that are open stay with theirs. nil detaches. It is
// safe for concurrent use.
func Attach(hook TraceHook) {
	if hook == nil {
		attached.Store(nil)
		return
	}
	attached.Store(&attachment{hook})
}

// Stats returns the numbers of the attached hook, if it has a method Stats() map[string]any; nil
// otherwise, or with none attached. The map belongs to the caller.
func Stats() map[string]any {
	if a := attached.Load(); a != nil {
		if s, ok := a.hook.(interface{ Stats() map[string]any }); ok {
			return s.Stats()
		}
	}
	return nil
}

// noopSpan is what Begin returns if no hook is attached.
type noopSpan struct{}

func (noopSpan) End(...any) {}

func begin(m *Meta, name string, attrs Map) TraceSpan {
	a := attached.Load()
	if a == nil {
		return noopSpan{}
	}
	if span := a.hook.Begin(m, name, attrs); span != nil {
		return span
	}
	return noopSpan{}
}
