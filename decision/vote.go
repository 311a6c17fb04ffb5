package decision

// Vote is what one connection says about one span of a trace that it keeps or leaves out as a
// whole.
type Vote struct {
	// Threshold is what the span's rule, or the rate, gives at dynamic factor 1; [Always] for an
	// error or a slow span.
	Threshold Threshold
	// Floor is what had been decided about the span before its end, by its remote parent and by
	// the head sampler: the span's threshold is no smaller. [Never] says that it isn't kept by
	// probability at all.
	Floor Threshold
	// UrgentFloor is the same in a trace with an error or a slow span, where only what the head
	// sampler has recorded counts.
	UrgentFloor Threshold
	// Randomness is what thresholds are compared with.
	Randomness Randomness
	// Rule is the index of the rule that matched, -1 if none did.
	Rule int32
	// Reason is [ByError], [BySlow], [ByDebug], [ByRule] or [ByRate].
	Reason Reason
	// Known and UrgentKnown report that Floor, or UrgentFloor, is the whole truth.
	Known, UrgentKnown bool
	// Liftable reports that an error in the trace may make the floor smaller.
	Liftable bool
}

// Urgent reports whether the span is an error, slow, or debugged.
func (v *Vote) Urgent() bool { return v.Reason.Urgent() }

// Urgent reports whether r is [ByError], [BySlow] or [ByDebug].
func (r Reason) Urgent() bool { return r == ByError || r == BySlow || r == ByDebug }

// TraceTraits is what of a [TraceDecider] never changes.
type TraceTraits struct {
	// Loosest is the smallest Threshold of a Vote that isn't urgent.
	Loosest Threshold
	// Constant reports that all of them are Loosest.
	Constant bool
	// Late reports that there may be urgent votes.
	Late bool
	// Dynamic reports that there is a dynamic factor, Limited that there is a limit.
	Dynamic, Limited bool
}

// TraceDecider is a Decider that can also decide about the local part of a trace as a whole: from
// the votes of all its spans whoever calls it derives one threshold, and asks for the dynamic
// factor and the limit once. Its methods may be called from any goroutine and must not block.
type TraceDecider interface {
	Decider
	// Traits returns what never changes.
	Traits() TraceTraits
	// Vote sets v to what s has to say. It changes nothing else.
	Vote(v *Vote, s *Span)
	// TraceFactor returns the level of the dynamic factor for a trace that is decided now; 0 is
	// factor 1. PeekTraceFactor is the same for one that may be decided later.
	TraceFactor(load float64) (level uint8)
	PeekTraceFactor(load float64) (level uint8)
	// Scaled returns the threshold of a rule, or of the rate for -1, at a level of the factor.
	Scaled(rule int32, level uint8) Threshold
	// Tokens takes n tokens of the limit. If must is false and there isn't a single one, it takes
	// none and pass is false; otherwise it may put the limit into debt. Whole reports that the
	// limit has refused nothing lately, so that what passes has a weight.
	Tokens(n int, urgent, must bool) (pass, whole bool)
	// Finish sets State and Rewrite of v, the other fields of which are set. Its threshold may be
	// that of v.Rule at a level.
	Finish(v *Verdict, s *Span, level uint8)
}
