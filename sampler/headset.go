package sampler

import (
	"cmp"
	"slices"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
)

// headSet is what a [Head] decides by until the next swap. It never changes.
type headSet struct {
	roots    *panel
	children *panel // roots, unless a connection keeps traces whole
	// recorded is the threshold from which on spans of local traces are recorded, unsampled the
	// one for spans below a remote parent that was not sampled.
	recorded, unsampled decision.Threshold
	ignoreAll           bool
	wire                Wire
	eras                eras
}

func newHeadSet(wire Wire, policies []*Policy) *headSet {
	policies = slices.DeleteFunc(slices.Clone(policies), func(p *Policy) bool { return p == nil })
	s := &headSet{wire: wire, recorded: decision.Never, unsampled: decision.Never, ignoreAll: len(policies) > 0}
	service, follows := "", false
	for _, p := range policies {
		if p.late() {
			s.recorded, s.unsampled = decision.Always, decision.Always
		}
		s.recorded = min(s.recorded, p.needed())
		if p.config.IgnoreParent {
			s.unsampled = min(s.unsampled, p.needed())
		}
		s.ignoreAll = s.ignoreAll && p.config.IgnoreParent
		service = cmp.Or(service, p.config.Service)
		follows = follows || p.votes() && p.config.FollowRoot
	}
	s.roots = newPanel(wire.Weights, service, false, policies)
	if s.children = s.roots; follows {
		s.children = newPanel(wire.Weights, service, true, policies)
	}
	return s
}

// decide decides about a span of a local trace, by the votes of by.
func (s *headSet) decide(by *panel, p *sdktrace.SamplingParameters, r decision.Randomness) (sdktrace.SamplingDecision, *vote) {
	if !s.recorded.Keeps(r) {
		return sdktrace.Drop, &by.votes[0]
	}
	v := by.of(p)
	if !v.threshold.Keeps(r) {
		return sdktrace.RecordOnly, by.unsampled(v)
	}
	return sdktrace.RecordAndSample, v
}
