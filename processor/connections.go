package processor

import (
	"math"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor/internal/connection"
	"github.com/tracehook/tracehook/processor/internal/hold"
	"github.com/tracehook/tracehook/processor/internal/ledger"
)

// connections is what OnEnd sees: an immutable list that a reload replaces as a whole.
type connections struct {
	members []member
	retired []*ledger.Ledger
	others  *ledger.Snapshot // of those that were retired earlier; nil if there are none
	closed  bool             // by Shutdown
	early   *ledger.Counter  // of what ends before any connection is there; else nil
	// wantsDuration reports that a Decider asks for the duration of spans.
	wantsDuration bool
	traced        *hold.Set // of members; nil if none wants whole traces
}

// member is a connection as the current configuration has it.
type member struct {
	conn        *connection.Connection
	ledger      *ledger.Ledger
	fingerprint string
	decider     decision.Decider
	fast        decision.FastDecider // decider, if it is one
	wantsLoad   bool
	follows     bool // the verdict of the member before holds
	explain     Explain
	trace       decision.TraceDecider // decider, if the connection wants whole traces
	sink        *traceSink            // likewise; else nil
}

// newConnections prepares members for OnEnd. Those whose Deciders agree become neighbors, so
// that one decision does for all of them.
func newConnections(members []member) *connections {
	list := &connections{members: make([]member, 0, len(members))}
	placed := make([]bool, len(members))
	for i := range members {
		if placed[i] {
			continue
		}
		first := members[i]
		first.fast, _ = first.decider.(decision.FastDecider)
		first.wantsLoad = first.decider != nil
		if first.fast != nil {
			first.wantsLoad = first.fast.WantsLoad()
		}
		if d, ok := first.decider.(interface{ WantsDuration() bool }); first.decider != nil && (!ok || d.WantsDuration()) {
			list.wantsDuration = true
		}
		list.members = append(list.members, first)
		if first.sink != nil {
			continue // it shares no decision
		}
		for j := i + 1; j < len(members); j++ {
			if !placed[j] && members[j].sink == nil && first.agrees(&members[j]) {
				placed[j] = true
				next := members[j]
				next.fast, next.wantsLoad, next.follows = first.fast, first.wantsLoad, true
				list.members = append(list.members, next)
			}
		}
	}
	list.traced = wholeTraces(list.members)
	return list
}

// afterShutdown returns the same list for those who come too late.
func (l *connections) afterShutdown() *connections {
	closed := *l
	closed.closed = true
	return &closed
}

// agrees reports whether m's verdicts hold for o.
func (m *member) agrees(o *member) bool {
	if m.decider == nil || o.decider == nil {
		return m.decider == o.decider
	}
	return m.fast != nil && m.fast.Agrees(o.decider)
}

// offer is an ended span on its way along the list.
type offer struct {
	connection.Ended
	deciding bool // the Decider of member at is at work
	at       int
}

// offer hands the span to the members from next on, each as it wants it, and returns where to go on. After
// a Decider has panicked, that isn't the end of the list, and its connection is treated as if it had none.
// One deferred function for all members costs less than one for each.
func (l *connections) offer(o *offer, next int) (end int) {
	defer func() {
		if !o.deciding {
			return // if anything has panicked, it wasn't a Decider
		}
		_ = recover()
		o.deciding = false
		o.Verdict = asSampled(&o.Span)
		o.Judge()
		l.members[o.at].take(o)
		end = o.at + 1
	}()
	for i := next; i < len(l.members); i++ {
		m := &l.members[i]
		if m.sink != nil {
			continue // the hold's
		}
		if !m.follows {
			o.at, o.deciding = i, true
			m.decide(o)
			o.deciding = false
			o.Judge()
		}
		m.take(o)
	}
	return len(l.members)
}

// take lets the connection have the span, or counts it.
func (m *member) take(o *offer) {
	if o.Verdict.Keep {
		m.conn.Offer(&o.Ended, m.explain)
	} else {
		leaveOut(m.conn, m.ledger, &o.Verdict)
	}
}

// decide asks the Decider.
func (m *member) decide(o *offer) {
	load := 0.0
	if m.wantsLoad {
		load = m.conn.Load()
	}
	switch {
	case m.fast != nil:
		m.fast.DecideInto(&o.Verdict, &o.Span, load)
	case m.decider != nil:
		o.Verdict = m.decider.Decide(&o.Span, load)
	default:
		o.Verdict = asSampled(&o.Span)
	}
}

func asSampled(s *decision.Span) decision.Verdict {
	return decision.Verdict{
		Keep:      s.Context.IsSampled(),
		Threshold: connection.OwnThreshold(&s.State),
		Known:     s.State.HasThreshold,
		Rule:      -1,
	}
}

// factor is the connection's dynamic sampling factor at this moment, 1 if it has none.
func (m *member) factor() (f float64) {
	dynamic, ok := m.decider.(interface{ FactorAt(load float64) float64 })
	if !ok {
		return 1
	}
	defer func() {
		if recover() != nil {
			f = 1
		}
	}()
	if f = dynamic.FactorAt(m.conn.Load()); math.IsNaN(f) {
		f = 1
	}
	return f
}
