package hold_test

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/processor/internal/hold"
)

// span is a span of a test, and what policies see of it.
type span struct {
	trace, id uint64
	root      bool
	urgent    bool
	rule      int32 // that it matches on all connections, -1 for none
	floor     decision.Threshold
	lift      bool // an error lifts the floor
	recorded  decision.Threshold
}

func (s *span) ended(r decision.Randomness) decision.Span {
	sc := s.context()
	reason := byte('o')
	if s.urgent {
		reason = 'u'
	}
	stub := tracetest.SpanStub{Name: string([]byte{reason, byte(s.rule + 'a')}), SpanContext: sc, StartTime: time.Unix(1, 0), EndTime: time.Unix(1, 1)}
	d := decision.Span{Ended: stub.Snapshot(), Context: sc, Origin: decision.Local, Recorded: s.recorded, Error: s.urgent}
	d.State = decision.State{Randomness: r, Threshold: s.floor, HasThreshold: true}
	if s.lift {
		d.Origin = decision.Inherited
	}
	return d
}

func (s *span) context() trace.SpanContext {
	var c trace.SpanContextConfig
	binary.BigEndian.PutUint64(c.TraceID[:], s.trace*0x9e3779b97f4a7c15+1)
	binary.BigEndian.PutUint64(c.TraceID[8:], s.trace)
	binary.BigEndian.PutUint64(c.SpanID[:], s.id)
	c.TraceFlags = trace.FlagsSampled
	return trace.NewSpanContext(c)
}

// policy decides by what the name of a span says.
type policy struct {
	rate   decision.Threshold
	rules  []decision.Threshold
	late   bool
	factor atomic.Uint32 // the level
	limit  *tokens
}

// tokens is a limit without a clock.
type tokens struct {
	mu   sync.Mutex
	left int
}

func (*policy) Decide(*decision.Span, float64) decision.Verdict { return decision.Verdict{} }

func (p *policy) Traits() decision.TraceTraits {
	t := decision.TraceTraits{Loosest: p.rate, Constant: true, Late: p.late, Dynamic: true, Limited: p.limit != nil}
	for _, r := range p.rules {
		t.Constant = t.Constant && r == p.rate
		t.Loosest = min(t.Loosest, r)
	}
	return t
}

func (p *policy) Vote(v *decision.Vote, s *decision.Span) {
	*v = decision.Vote{
		Floor: max(s.State.Threshold, s.Recorded), UrgentFloor: s.Recorded, Known: true, UrgentKnown: true,
		Randomness: s.State.Randomness, Rule: -1, Liftable: s.Origin == decision.Inherited,
	}
	name := s.Ended.Name()
	if p.late && name[0] == 'u' {
		v.Reason = decision.ByError
		return
	}
	v.Rule, v.Reason = min(int32(name[1])-'a', int32(len(p.rules))-1), decision.ByRule
	if v.Rule < 0 {
		v.Rule, v.Reason = -1, decision.ByRate
	}
	v.Threshold = p.Scaled(v.Rule, 0)
}

func (p *policy) TraceFactor(float64) uint8     { return uint8(p.factor.Load()) }
func (p *policy) PeekTraceFactor(float64) uint8 { return uint8(p.factor.Load()) }

func (p *policy) Scaled(rule int32, level uint8) decision.Threshold {
	t := p.rate
	if rule >= 0 {
		t = p.rules[rule]
	}
	return t.Scale(1 / float64(1+level))
}

func (p *policy) Tokens(n int, _, must bool) (pass, whole bool) {
	if p.limit == nil {
		return true, true
	}
	p.limit.mu.Lock()
	defer p.limit.mu.Unlock()
	if p.limit.left <= 0 && !must {
		return false, false
	}
	p.limit.left -= n
	return true, true
}

func (*policy) Finish(*decision.Verdict, *decision.Span, uint8) {}

// sink remembers what it gets.
type sink struct {
	mu      sync.Mutex
	got     map[uint64]decision.Verdict // by span id
	twice   int
	entered atomic.Int64
	counts  [hold.Causes]int
	late    int
	groups  [][]uint64
}

func newSink() *sink { return &sink{got: map[uint64]decision.Verdict{}} }

func (*sink) Load() float64 { return 0 }
func (s *sink) Enter()      { s.entered.Add(1) }

func (s *sink) Count(c hold.Cause) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[c]++
}

func (s *sink) Release(all []hold.Decided) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var group []uint64
	for i := range all {
		group = append(group, s.take(&all[i]))
	}
	s.groups = append(s.groups, group)
}

func (s *sink) Late(one *hold.Decided) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late++
	s.take(one)
}

func (s *sink) Pass(one *hold.Decided) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.take(one)
}

func (s *sink) take(d *hold.Decided) uint64 {
	id := d.Span.Context.SpanID()
	n := binary.BigEndian.Uint64(id[:])
	if _, there := s.got[n]; there {
		s.twice++
	}
	s.got[n] = d.Verdict
	return n
}

func at(p float64) decision.Threshold { return decision.FromProbability(p) }

// newHold returns a hold of connections with these policies, and their sinks.
func newHold(t *testing.T, o hold.Options, policies ...*policy) (*hold.Hold, *hold.Set, []*sink) {
	t.Helper()
	h := hold.New(o)
	var conns []hold.Connection
	var sinks []*sink
	for i, p := range policies {
		s := newSink()
		sinks = append(sinks, s)
		conns = append(conns, hold.Connection{Name: string(rune('a' + i)), Policy: p, Sink: s})
	}
	set := hold.NewSet(conns...)
	h.Reload(set)
	t.Cleanup(h.Shutdown)
	return h, set, sinks
}
