package decision

import (
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// Edit says what [Edit.Apply] changes of a tracestate. The zero Edit removes th and
// our mark and leaves the rest.
type Edit struct {
	// Threshold is written as th if SetThreshold; otherwise, or if it is [Never], th is
	// removed.
	Threshold    Threshold
	SetThreshold bool
	// KeepThreshold leaves an existing th as it is; the two fields above are ignored.
	KeepThreshold bool
	// Randomness is written as rv if SetRandomness. An existing rv is replaced: set it
	// only on exported copies, never on what is propagated.
	Randomness    Randomness
	SetRandomness bool
	// Mark is written as our member; one of origin [Foreign] removes it.
	Mark Mark
}

// Apply returns ts with the edit made. Unknown sub-keys of the ot member and other
// vendors' members stay as they are and in their order; changed members move to the
// front, as W3C Trace Context asks. If a new member doesn't fit into 32, the last one goes;
// if the new ot value would exceed 256 characters or be malformed, unknown sub-keys are
// dropped from its end.
func (e Edit) Apply(ts trace.TraceState) trace.TraceState {
	ot := e.ot(ts.Get(otKey)) // read first: inserting our mark into a full list may push ot out
	if before, mark := ts.Get(markKey), e.Mark.String(); mark == "" && before != "" {
		ts = ts.Delete(markKey)
	} else if mark != before {
		ts = insert(ts, markKey, mark)
	}
	if before := ts.Get(otKey); ot == "" && before != "" {
		ts = ts.Delete(otKey)
	} else if ot != before {
		ts = insert(ts, otKey, ot)
	}
	return ts
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
		case key == "th":
			th = value
		case key == "rv":
			rv = value
		case ok && key != "":
			others = append(others, strings.TrimSpace(sub)) // a space may not end a value
		}
	}
	if !e.KeepThreshold {
		th = ""
		if e.SetThreshold {
			th = e.Threshold.String()
		}
	}
	if e.SetRandomness {
		rv = e.Randomness.String()
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
