package decision

import "go.opentelemetry.io/otel/trace"

// Reason says what a verdict rests on.
type Reason uint8

const (
	// ByRate says that no rule matched: the connection's rate decided.
	ByRate Reason = iota
	// ByRule says that the rule that the verdict names decided.
	ByRule
	// ByError says that it is kept because its status is an error.
	ByError
	// BySlow says that it is kept because it took at least the connection's slow duration.
	BySlow
	// ByParent says that it is not kept because its remote parent, or the sampler of a provider that the
	// application owns, had not sampled it.
	ByParent
	// ByLimit says that it would be kept for another reason, but the limit is used up.
	ByLimit
	// ByLoad says that it would be kept by rate or rule, but the dynamic factor is below 1.
	ByLoad
	// ByTrace says that another span of its trace decided, see [Verdict.By].
	ByTrace
	// ByDebug says that it is kept because its remote parent asked for the whole trace.
	ByDebug
)

// String returns one lower-case word.
func (r Reason) String() string {
	names := [...]string{"rate", "rule", "error", "slow", "parent", "limit", "load", "trace", "debug"}
	if int(r) < len(names) {
		return names[r]
	}
	return "unknown"
}

// Verdict is what one connection decided about one ended span.
type Verdict struct {
	// State is the tracestate of the exported copy; meaningful only if Rewrite.
	State trace.TraceState
	// Threshold is what the span was kept at, or would have been kept at before ByLimit; its
	// adjusted count is the span's weight in every loss counter. It includes the parent's
	// and the dynamic factor. It means nothing for a span that is left out by other reasons.
	Threshold Threshold
	// Rule is the index of the rule that matched, in the order of the configuration, or -1.
	Rule int32
	// By is the name of the span that decided, if Reason is ByTrace; Cause is the reason of that
	// span's own vote.
	By string
	// Reason says what decided.
	Reason, Cause Reason
	// Keep asks for the span to be exported.
	Keep bool
	// Rewrite asks for State in place of the span's own tracestate. If it is false, the
	// span's own tracestate already says the truth.
	Rewrite bool
	// Known reports that the span stands for Threshold's adjusted count, so that th may be
	// written. If false, its weight isn't known (a limit that refused others, a foreign span);
	// Threshold still is the connection's own.
	Known bool
}

// Decider decides for one connection. Decide is called for every ended span of the
// process, from any goroutine, on the hot path: it must not block, allocate (beyond what
// a rewritten tracestate needs), panic, or retain s.
//
// load is how full the part of the connection's queue is that ordinary spans may use, 0 to
// 1. Spans kept by error or slow that wait count as well: they take places that ordinary
// ones then don't get. A Decider without a dynamic factor ignores it.
//
// A Decider may have a method WantsDuration() bool. If that of all Deciders returns false, the
// Duration of spans is 0, which saves time.
type Decider interface {
	Decide(s *Span, load float64) Verdict
}

// FastDecider is a Decider that costs less where many are asked about each span. All its
// methods may be called from any goroutine.
type FastDecider interface {
	Decider
	// DecideInto is Decide, with every field of its result written to v.
	DecideInto(v *Verdict, s *Span, load float64)
	// WantsLoad reports whether load means anything to it. It never changes.
	WantsLoad() bool
	// Agrees reports whether the verdict of either about any span, now and later, holds for
	// both, and asking one instead of both makes no difference to later verdicts. It must be
	// symmetric. It is asked seldom.
	Agrees(with Decider) bool
}

// Judge is a Decider whose decision can be had without its cost. Decide is Judge and then
// Charge.
type Judge interface {
	Decider
	// Judge sets v to what s is kept at, by which rule and for which reason, at dynamic factor 1
	// and without a limit. It changes nothing else and may be called any number of times, in any
	// order. With key counter Keep says only that the span's turn may come. State and Rewrite
	// are left empty.
	Judge(v *Verdict, s *Span)
	// Charge turns what Judge said about s into the final verdict: it applies the dynamic factor
	// of load, moves the counter on, takes a token of the limit, and sets State and Rewrite. It
	// must be called once for each span.
	Charge(v *Verdict, s *Span, load float64)
}
