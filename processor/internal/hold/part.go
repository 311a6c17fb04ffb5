package hold

import (
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// part is the local part of a trace. It is guarded by its shard's lock.
type part struct {
	id        trace.TraceID
	key       uint64
	open      int   // spans that have started and not ended
	began     int64 // when the first span started
	deadline  int64 // when it is decided although it is open; 0 while nothing is held
	states    []state
	bytes     int64
	items     []item
	votes     []vote                // for each item, those of all connections
	root      sdktrace.ReadOnlySpan // the first local root that is open
	openRoots int
	early     bool // decided for some connection before it was complete
	counted   bool
	liftable  bool // a span has a floor that an error may make smaller

	byStart, byEnd links
}

// item is a span that is held.
type item struct {
	span  decision.Span
	bytes int64
}

type vote struct {
	decision.Vote
	waits bool // for the connection's decision
	none  bool // the connection doesn't see the span
}

// state is what a connection knows of a part.
type state struct {
	roots   tally // of local roots that have ended, and of other spans that match a rule
	any     tally // of all spans: for a part of which no local root is known
	started tally // of local roots, as they were at their start
	rooted  bool  // a local root has ended, or its vote isn't needed
	urgent  bool
	decided bool
	memo    memo // remembered from the trace's part before, until decided
}

// tally is the smallest of some votes.
type tally struct {
	threshold decision.Threshold
	rule      int32
	reason    decision.Reason
	by        string
	span      trace.SpanID
	valid     bool
}

// add adds the vote of a span. Of equal ones the first counts.
func (t *tally) add(v *decision.Vote, s *decision.Span) {
	if t.valid && t.threshold <= v.Threshold {
		return
	}
	*t = tally{threshold: v.Threshold, rule: v.Rule, reason: v.Reason, valid: true}
	if s.Ended != nil {
		t.by, t.span = s.Ended.Name(), s.Context.SpanID()
	}
}

// merge adds the votes of o.
func (t *tally) merge(o *tally) {
	if o.valid && (!t.valid || o.threshold < t.threshold) {
		*t = *o
	}
}

// reset makes the state that of a new part.
func (s *state) reset(m memo) { *s = state{memo: m} }

// add counts a span's vote.
func (s *state) add(v *decision.Vote, sp *decision.Span, root bool) {
	s.any.add(v, sp)
	if root {
		s.rooted = true
	}
	if root || v.Rule >= 0 || v.Urgent() {
		s.roots.add(v, sp)
	}
	if v.Urgent() && !s.urgent {
		s.urgent = true
		s.roots = tally{reason: v.Reason, rule: -1, valid: true, by: sp.Ended.Name(), span: sp.Context.SpanID()}
	}
}

// result returns the smallest of the votes that count; of roots that are open, as they were at
// their start. Where no local root is known, neither now nor from a part before, every span speaks
// for itself.
func (s *state) result(openRoots bool) tally {
	t := s.roots
	if openRoots {
		t.merge(&s.started)
	}
	if known := s.rooted || s.memo.valid() || openRoots && s.started.valid; !known {
		t.merge(&s.any)
	}
	return t
}
