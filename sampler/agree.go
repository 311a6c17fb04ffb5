package sampler

import (
	"reflect"

	"github.com/tracehook/tracehook/decision"
)

var _ decision.FastDecider = (*Policy)(nil)

// WantsDuration reports whether the policy keeps slow spans.
func (p *Policy) WantsDuration() bool { return p.config.Slow > 0 }

// WantsLoad reports whether the policy is dynamic.
func (p *Policy) WantsLoad() bool { return p.config.Dynamic }

// Agrees reports whether with is a [Policy] of the same rules and settings that belongs to
// the same [Head], so that one decision does for both. Policies that remember something from
// span to span (a limit, a dynamic factor, key counter) agree with none.
func (p *Policy) Agrees(with decision.Decider) bool {
	o, ok := with.(*Policy)
	switch {
	case !ok || p.remembers():
		return false
	case p.head.Load() == nil || p.head.Load() != o.head.Load():
		return false
	default:
		return p.alike(o)
	}
}

// votesLike reports whether p and o have the same vote on every span, so that one needs to be
// asked.
func (p *Policy) votesLike(o *Policy) bool {
	if p.config.FollowRoot != o.config.FollowRoot || p.config.Rate != o.config.Rate || len(p.matcher.rules) != len(o.matcher.rules) {
		return false
	}
	return p == o || reflect.DeepEqual(p.matcher.rules, o.matcher.rules)
}

func (p *Policy) remembers() bool {
	return p.config.Dynamic || p.limit != nil || p.config.Key == ByCounter
}

// alike reports whether p and o have the same settings and rules, in the same order.
func (p *Policy) alike(o *Policy) bool {
	a, b := p.config, o.config
	b.Connection, b.Propagate = a.Connection, a.Propagate // they don't matter at the end of a span
	return reflect.DeepEqual(a, b) && reflect.DeepEqual(p.matcher.rules, o.matcher.rules)
}
