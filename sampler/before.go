package sampler

import "github.com/tracehook/tracehook/decision"

// before is what had been decided about a span before its end: of all such spans, those
// from threshold on could get here.
type before struct {
	threshold decision.Threshold
	known     bool // threshold is the whole truth
	refused   bool // a decision not to sample is respected
}

// beforeLate is for spans kept by error or duration. They were recorded whatever the parent said, if any
// connection keeps such; Recorded tells what was left out nevertheless, because another configuration was
// in force when the span began. Below it, the span was recorded only because of its parent, and stands for
// an unknown number.
func (p *Policy) beforeLate(s *decision.Span) before {
	switch s.Origin {
	case decision.Foreign:
		return before{known: p.config.AssumeAlwaysOn && s.Context.IsSampled()}
	case decision.Unknown:
		return before{threshold: s.Recorded}
	case decision.Local, decision.Inherited, decision.Unweighted, decision.Debugged:
	}
	return before{threshold: s.Recorded, known: s.Recorded.Keeps(s.State.Randomness)}
}

// beforeOrdinary is for spans that rules or the rate decide about.
func (p *Policy) beforeOrdinary(s *decision.Span) before {
	switch s.Origin {
	case decision.Foreign:
		return before{known: p.config.AssumeAlwaysOn, refused: !s.Context.IsSampled()}
	case decision.Local:
		return before{threshold: s.Recorded, known: true}
	case decision.Unknown:
		return before{threshold: s.Recorded}
	case decision.Inherited, decision.Unweighted, decision.Debugged:
	}
	entry := s.Before()
	switch {
	case p.config.IgnoreParent:
		// Recorded counts as soon as it is above the connection's own threshold, so a sampled
		// span below it is thinned away rather than counted wrongly.
		return before{threshold: s.Recorded, known: true}
	case !entry.Sampled:
		return before{refused: true}
	case s.Origin == decision.Unweighted:
		return before{}
	case entry.HasThreshold:
		return before{threshold: entry.Threshold, known: true}
	default:
		return before{known: true} // it counts as one
	}
}
