package decision

import (
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// Edit says what [Edit.Apply] changes of a tracestate. The zero Edit removes th and leaves the
// rest.
type Edit struct {
	// Threshold is written as th if SetThreshold; otherwise, or if it is [Never], th is
	// removed.
	Threshold    Threshold
	SetThreshold bool
	// Randomness is written as rv if SetRandomness. An existing rv is replaced: set it only on
	// exported copies and where a trace begins.
	Randomness    Randomness
	SetRandomness bool
	// RemoveRandomness removes rv, unless SetRandomness.
	RemoveRandomness bool
}

// Apply returns ts with the edit made. Unknown sub-keys of the ot member and other vendors'
// members stay as they are and in their order; a changed ot member moves to the front, as W3C
// Trace Context asks. If an ot member is new and ts has 32 members already, the last one goes;
// if the new ot value would exceed 256 characters or be malformed, unknown sub-keys are
// dropped from its end.
func (e Edit) Apply(ts trace.TraceState) trace.TraceState {
	before := ts.Get(otKey)
	switch ot := e.ot(before); ot {
	case before:
		return ts
	case "":
		return ts.Delete(otKey)
	default:
		return insert(ts, otKey, ot)
	}
}

func insert(ts trace.TraceState, key, value string) trace.TraceState {
	if next, err := ts.Insert(key, value); err == nil {
		return next
	}
	return ts
}

// maxMember is W3C's limit for one tracestate value.
const maxMember = 256

// ot returns the new value of the ot member: th and rv first, then the unknown sub-keys.
func (e Edit) ot(before string) string {
	var th, rv string
	var others []string
	for rest := before; rest != ""; {
		var sub string
		sub, rest, _ = strings.Cut(rest, ";")
		key, value, ok := strings.Cut(sub, ":")
		switch {
		case key == "th": // replaced or removed
		case key == "rv":
			rv = value
		case ok && key != "":
			others = append(others, strings.TrimRight(sub, " ")) // a space may not end a value; without one in front, " th:0" would become a th
		}
	}
	if e.SetThreshold {
		th = e.Threshold.String()
	}
	if e.SetRandomness {
		rv = e.Randomness.String()
	} else if e.RemoveRandomness {
		rv = ""
	}
	var b strings.Builder
	add := func(s string) {
		if b.Len() > 0 {
			s = ";" + s
		}
		if b.Len()+len(s) <= maxMember {
			b.WriteString(s)
		}
	}
	if th != "" {
		add("th:" + th)
	}
	if rv != "" {
		add("rv:" + rv)
	}
	for _, sub := range others {
		add(sub)
	}
	return b.String()
}
