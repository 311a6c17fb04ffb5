package sampler

import (
	"cmp"
	"slices"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// panel has the voters of a headSet, and finds the loosest vote for a span.
type panel struct {
	voters  []voter // loosest first
	memo    *memo   // its results are indexes of votes
	votes   []vote  // every vote that can be the loosest, each followed by the same that follows; first for none
	service string
	// constant is the vote for any span if no voter has rules, else nil.
	constant *vote
	// children says that the panel is for spans below others of the process.
	children bool
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
	// follows says that the vote at the local root counts, too, if that was looser.
	follows bool
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

func newPanel(weights Weights, service string, children bool, policies []*Policy) *panel {
	n := &panel{memo: newMemo(), service: service, children: children}
	n.add(vote{threshold: decision.Never})
	rules := 0
	for _, p := range policies {
		if !p.votes() || slices.ContainsFunc(n.voters, func(v voter) bool { return v.policy.votesLike(p) }) {
			continue
		}
		n.voters = append(n.voters, voter{policy: p, first: len(n.votes)})
		rules += len(p.matcher.rules)
		for i := range p.entries {
			n.add(weights.newVote(p.entries[i].thresholds[0]))
		}
	}
	slices.SortStableFunc(n.voters, func(a, b voter) int { return cmp.Compare(a.policy.loosest, b.policy.loosest) })
	if rules == 0 {
		n.constant = n.ask(&subject{})
	}
	return n
}

func (n *panel) add(v vote) {
	following := v
	following.follows = true
	n.votes = append(n.votes, v, following)
}

// unsampled returns the vote for none, for a span whose vote was v.
func (n *panel) unsampled(v *vote) *vote {
	if v.follows {
		return &n.votes[1]
	}
	return &n.votes[0]
}

// of returns the loosest vote for a span that starts.
func (n *panel) of(p *sdktrace.SamplingParameters) *vote {
	if n.constant != nil {
		return n.constant
	}
	if k := n.memo.get(p.Name); k != nil && k.simple {
		return &n.votes[k.lookAttributes(p.Attributes)]
	}
	return n.ask(&subject{name: p.Name, otelKind: p.Kind, attrs: p.Attributes, service: n.service})
}

// ask returns the loosest vote for sub.
func (n *panel) ask(sub *subject) *vote {
	k := n.memo.get(sub.name)
	if k == nil && n.memo.open(sub.name) {
		k = n.learn(sub.name)
		n.memo.put(k)
	}
	if k != nil && k.results != nil {
		return &n.votes[k.look(sub)]
	}
	return &n.votes[n.loosest(func(m *matcher) int { return m.find(sub) })]
}

// loosest asks every voter, by way of find, and returns the index of the loosest vote.
func (n *panel) loosest(find func(*matcher) int) (best int) {
	follows := 0
	for i := range n.voters {
		v := &n.voters[i]
		whole := n.children && v.policy.config.FollowRoot
		if whole {
			follows = 1
		}
		if v.policy.loosest >= n.votes[best].threshold {
			continue
		}
		at := find(v.policy.matcher)
		switch {
		case at < 0 && whole:
			continue // the rate speaks for local roots only
		case at < 0:
			at = len(v.policy.entries) - 1
		}
		if at = v.first + 2*at; n.votes[at].threshold < n.votes[best].threshold {
			best = at
		}
	}
	return best + follows
}

// learn works out what name settles for all voters together.
func (n *panel) learn(name string) *known {
	type part struct {
		left  bits
		needs []int
	}
	k := &known{name: name}
	parts := map[*matcher]part{}
	for i := range n.voters {
		m := n.voters[i].policy.matcher
		left := m.allowed(name)
		parts[m] = part{left, m.needs(left, &k.atoms)}
	}
	if len(k.atoms) > maxAtoms {
		k.atoms = nil
		return k
	}
	k.results = make([]int32, 1<<len(k.atoms))
	for met := range k.results {
		k.results[met] = int32(n.loosest(func(m *matcher) int { return m.settle(parts[m].left, parts[m].needs, met) }))
	}
	return k
}
