package sampler

import (
	"sync/atomic"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// entry is what one rule, or the rate, gives: a threshold for each level of the dynamic
// factor, and a ready-made tracestate for each, so that deciding allocates nothing.
type entry struct {
	thresholds [levels]decision.Threshold
	ready      [levels]trace.TraceState
	steps      [levels]uint64 // of 2^56, for ByCounter: not rounded as thresholds are
	counter    *atomic.Uint64
}

func newEntry(p float64) entry {
	e := entry{counter: new(atomic.Uint64)}
	for level := range levels {
		scaled := p * factorOf(level)
		e.thresholds[level] = decision.FromProbability(scaled)
		e.ready[level] = stateOf(e.thresholds[level])
		if scaled > 0 {
			e.steps[level] = uint64(scaled*float64(decision.Never)) + slack
		}
	}
	return e
}

// slack makes up for shares such as 0.29 that binary fractions fall just short of: without
// it, 100 spans would give 28. It adds one span too many in 2^48.
const slack = 256

// count reports whether the next span belongs to the share: of any 100 in a row, p*100 do.
func (e *entry) count(level int) bool {
	step := e.steps[level]
	if step >= uint64(decision.Never) {
		return true
	}
	const mask = uint64(decision.Never) - 1
	return e.counter.Add(step)&mask < step
}

// stateOf returns the tracestate that says t and nothing else; an empty one for Never.
func stateOf(t decision.Threshold) trace.TraceState {
	th := t.String()
	if th == "" {
		return trace.TraceState{}
	}
	ts, err := trace.ParseTraceState("ot=th:" + th)
	if err != nil { // can't be: all characters are ours
		return trace.TraceState{}
	}
	return ts
}
