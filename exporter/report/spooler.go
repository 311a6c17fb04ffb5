package report

import (
	"context"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Spooler is an exporter with a spool. All its counts are of spans, since the exporter was made.
// The methods that count must not block, and may be called at any time, by several goroutines.
//
// An exporter may wrap another exporter and have the method
//
//	Unwrap() sdktrace.SpanExporter
//
// It then has the methods of the wrapped exporter, too, where it has none of its own; see [SpoolOf].
// The wrapped exporter gets spooled spans directly: a wrapper that changes spans must have a SpoolSpans
// that changes them as well.
type Spooler interface {
	// SpoolSpans keeps spans for later without sending them. It must keep neither the slice nor
	// ctx. It is never called twice at once, but possibly during an export. If it returns nil, all
	// spans are in the spool; otherwise none is.
	//
	// Such an exporter also spools the spans of an export whose context ends before they are sent:
	// when half of the time to shut down is over, the contexts of all exports end.
	SpoolSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error
	// SpoolCounts returns how many spans wait in the spool, those that it held when the exporter was
	// made included, and how many have left it because they were delivered, refused for good, or
	// too old.
	SpoolCounts() (pending, replayed, dead, expired int64)
	// SpoolInherited returns how many spans the spool held when the exporter was made.
	SpoolInherited() int64
	// Resent returns how many spans were sent again after an attempt whose answer was lost, so that
	// the destination may have them twice. Exporters without a spool may have this method, too.
	Resent() int64
}

// Gate is an exporter that knows whether its destination takes anything from us.
type Gate interface {
	// Barred returns why the destination takes nothing from us at all, such as credentials that
	// have expired or a path that isn't there; nil if it does. It must not block.
	Barred() error
	// Admit waits while there is such a reason, and finds out from time to time whether it lasts. It
	// reports false if ctx is done before.
	Admit(ctx context.Context) bool
}

// Counts are what an exporter counts itself; see [Spooler].
type Counts struct{ Inherited, Pending, Replayed, Dead, Expired, Resent int64 }

// Plus returns the sums of c and d.
func (c Counts) Plus(d Counts) Counts {
	return Counts{
		Inherited: c.Inherited + d.Inherited,
		Pending:   c.Pending + d.Pending,
		Replayed:  c.Replayed + d.Replayed,
		Dead:      c.Dead + d.Dead,
		Expired:   c.Expired + d.Expired,
		Resent:    c.Resent + d.Resent,
	}
}

// Spool is the spool of an exporter, as far as it has one. The zero Spool has none.
type Spool struct {
	spooler interface {
		SpoolSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error
	}
	counter interface {
		SpoolCounts() (pending, replayed, dead, expired int64)
	}
	inheritor interface{ SpoolInherited() int64 }
	resender  interface{ Resent() int64 }
	reasoner  interface{ SpoolDead() error }
	gate      Gate
}

// SpoolOf returns the spool of e. For each method of [Spooler], it takes the first exporter that has
// it: e, what the Unwrap method of e returns, what that unwraps to, and so on.
func SpoolOf(e sdktrace.SpanExporter) Spool {
	var s Spool
	for range deepest {
		take(&s.spooler, e)
		take(&s.counter, e)
		take(&s.inheritor, e)
		take(&s.resender, e)
		take(&s.reasoner, e)
		take(&s.gate, e)
		wrapper, ok := e.(interface{ Unwrap() sdktrace.SpanExporter })
		if !ok {
			break
		}
		e = wrapper.Unwrap()
	}
	return s
}

// deepest bounds how many wrappers SpoolOf looks into: one could wrap itself.
const deepest = 100

func take[T comparable](method *T, e sdktrace.SpanExporter) {
	var none T
	if *method == none {
		*method, _ = e.(T)
	}
}

// CanSpool reports whether the exporter can spool spans.
func (s Spool) CanSpool() bool { return s.spooler != nil }

// CanCount reports whether the exporter counts anything.
func (s Spool) CanCount() bool { return s.counter != nil || s.resender != nil }

// HasGate reports whether the exporter is a [Gate].
func (s Spool) HasGate() bool { return s.gate != nil }

// Dead returns why the last of the dead spans were refused, for an exporter that has the method
// SpoolDead() error, which must not block.
func (s Spool) Dead() error {
	if s.reasoner == nil {
		return nil
	}
	return s.reasoner.SpoolDead()
}

// Barred returns what a [Gate] returns, and nil for an exporter that is none.
func (s Spool) Barred() error {
	if s.gate == nil {
		return nil
	}
	return s.gate.Barred()
}

// Admit waits as a [Gate] does; an exporter that is none admits everything.
func (s Spool) Admit(ctx context.Context) bool { return s.gate == nil || s.gate.Admit(ctx) }

// SpoolSpans calls the method of the exporter, which must have it; see [Spool.CanSpool].
func (s Spool) SpoolSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	return s.spooler.SpoolSpans(ctx, spans)
}

// Counts returns what the exporter counts, and 0 for what it doesn't. No count is negative.
func (s Spool) Counts() Counts {
	var n Counts
	if s.resender != nil {
		n.Resent = max(s.resender.Resent(), 0)
	}
	if s.counter == nil {
		return n
	}
	if s.inheritor != nil {
		n.Inherited = max(s.inheritor.SpoolInherited(), 0)
	}
	pending, replayed, dead, expired := s.counter.SpoolCounts()
	n.Pending, n.Replayed = max(pending, 0), max(replayed, 0)
	n.Dead, n.Expired = max(dead, 0), max(expired, 0)
	return n
}
