package sampler

import (
	"cmp"
	"slices"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// headSet is what a [Head] decides by until the next swap. It never changes.
type headSet struct {
	voters []voter // loosest first
	memo   *memo   // its results are indexes of votes
	votes  []vote  // every vote that can be the loosest; the first is for none
	// constant is the vote for any span if no voter has rules, else nil.
	constant *vote
	// recorded is the threshold from which on spans of local traces are recorded, unsampled the
	// one for spans below a remote parent that was not sampled.
	recorded, unsampled decision.Threshold
	ignoreAll           bool
	service             string
	wire                Wire
	eras                eras
}

// voter is a policy with a say in the sampled flag; the votes of its entries follow each
// other from first on.
type voter struct {
	policy *Policy
	first  int
}

// vote is a threshold with what it makes of a tracestate.
type vote struct {
	state     trace.TraceState // th alone, if it is written
	ot        string           // the ot member of it
	threshold decision.Threshold
}

func (w Weights) newVote(t decision.Threshold) vote {
	v := vote{threshold: t}
	if w.writes(t) {
		v.state = stateOf(t)
		v.ot = v.state.Get("ot")
	}
	return v
}

// edit returns what the vote changes of a tracestate with members of others.
func (v *vote) edit() decision.Edit {
	return decision.Edit{Threshold: v.threshold, SetThreshold: v.ot != ""}
}

func newHeadSet(wire Wire, policies []*Policy) *headSet {
	s := &headSet{wire: wire, recorded: decision.Never, unsampled: decision.Never, memo: newMemo()}
	s.ignoreAll = slices.ContainsFunc(policies, func(p *Policy) bool { return p != nil })
	for _, p := range policies {
		if p == nil {
			continue
		}
		if p.late() {
			s.recorded, s.unsampled = decision.Always, decision.Always
		}
		s.recorded = min(s.recorded, p.needed())
		if p.config.IgnoreParent {
			s.unsampled = min(s.unsampled, p.needed())
		}
		s.ignoreAll = s.ignoreAll && p.config.IgnoreParent
		s.service = cmp.Or(s.service, p.config.Service)
	}
	s.votes = []vote{{threshold: decision.Never}}
	for _, p := range policies {
		if p == nil || !p.votes() {
			continue
		}
		s.voters = append(s.voters, voter{policy: p, first: len(s.votes)})
		for i := range p.entries {
			s.votes = append(s.votes, wire.Weights.newVote(p.entries[i].thresholds[0]))
		}
	}
	rules := 0
	for _, v := range s.voters {
		rules += len(v.policy.matcher.rules)
	}
	slices.SortStableFunc(s.voters, func(a, b voter) int { return cmp.Compare(a.policy.loosest, b.policy.loosest) })
	if rules == 0 {
		s.constant = s.ask(&subject{})
	}
	return s
}

// ask returns the loosest vote for sub.
func (s *headSet) ask(sub *subject) *vote {
	k := s.memo.get(sub.name)
	if k == nil && s.memo.open(sub.name) {
		k = s.learn(sub.name)
		s.memo.put(k)
	}
	if k != nil && k.results != nil {
		return &s.votes[k.look(sub)]
	}
	return &s.votes[s.loosest(func(m *matcher) int { return m.find(sub) })]
}

// loosest asks every voter, by way of find, and returns the index of the loosest vote.
func (s *headSet) loosest(find func(*matcher) int) (best int) {
	for i := range s.voters {
		v := &s.voters[i]
		if v.policy.loosest >= s.votes[best].threshold {
			break // sorted: nobody after it is looser
		}
		at := find(v.policy.matcher)
		if at < 0 {
			at = len(v.policy.entries) - 1
		}
		if at += v.first; s.votes[at].threshold < s.votes[best].threshold {
			best = at
		}
	}
	return best
}

// learn works out what name settles for all voters together.
func (s *headSet) learn(name string) *known {
	type part struct {
		left  bits
		needs []int
	}
	k := &known{name: name}
	parts := map[*matcher]part{}
	for i := range s.voters {
		m := s.voters[i].policy.matcher
		left := m.allowed(name)
		parts[m] = part{left, m.needs(left, &k.atoms)}
	}
	if len(k.atoms) > maxAtoms {
		k.atoms = nil
		return k
	}
	k.results = make([]int32, 1<<len(k.atoms))
	for met := range k.results {
		k.results[met] = int32(s.loosest(func(m *matcher) int { return m.settle(parts[m].left, parts[m].needs, met) }))
	}
	return k
}

// decide decides about a span of a local trace.
func (s *headSet) decide(p *sdktrace.SamplingParameters, r decision.Randomness) (sdktrace.SamplingDecision, *vote) {
	if !s.recorded.Keeps(r) {
		return sdktrace.Drop, &s.votes[0]
	}
	v := s.constant
	if v == nil {
		if k := s.memo.get(p.Name); k != nil && k.simple {
			v = &s.votes[k.lookAttributes(p.Attributes)]
		} else {
			sub := subject{name: p.Name, otelKind: p.Kind, attrs: p.Attributes, service: s.service}
			v = s.ask(&sub)
		}
	}
	if !v.threshold.Keeps(r) {
		return sdktrace.RecordOnly, &s.votes[0]
	}
	return sdktrace.RecordAndSample, v
}
