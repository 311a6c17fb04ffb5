package decision

import (
	"encoding/binary"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// otKey is the key of OpenTelemetry's own tracestate member.
const otKey = "ot"

// State is what a span's tracestate says about sampling.
type State struct {
	// Randomness is R: explicit (rv) or from the trace id.
	Randomness Randomness
	// Threshold is th; meaningful only if HasThreshold.
	Threshold Threshold
	// HasThreshold reports a well-formed th with R >= T. One with R < T contradicts
	// itself (such a span can't have been kept) and counts as absent.
	HasThreshold bool
	// CarriesThreshold reports a th sub-key, however malformed: one that has to be removed
	// where the weight isn't known.
	CarriesThreshold bool
	// HasRandomness reports an explicit, well-formed rv. It must never be overwritten.
	HasRandomness bool
	// Plain reports that the tracestate holds nothing but th, so that a ready-made one may
	// replace it.
	Plain bool
}

// ReadState reads what ts says about a span of trace id. It doesn't allocate.
// Malformed members count as absent; they are never an error.
func ReadState(ts trace.TraceState, id trace.TraceID) State {
	n := ts.Len()
	if n == 0 {
		return State{Randomness: TraceRandomness(id), Plain: true}
	}
	st := parseState(ts.Get(otKey), n)
	st.settle(id)
	return st
}

// parseState reads the ot member of a tracestate of n members. What depends on the trace id is
// left to settle.
func parseState(ot string, n int) State {
	st := State{Plain: true}
	if ot != "" {
		n--
		for rest := ot; rest != ""; {
			var sub string
			sub, rest, _ = strings.Cut(rest, ";")
			key, value, _ := strings.Cut(sub, ":")
			switch key {
			case "th":
				st.CarriesThreshold = true
				st.Threshold, st.HasThreshold = ParseThreshold(value)
			case "rv":
				st.Plain = false
				if r, ok := ParseRandomness(value); ok {
					st.Randomness, st.HasRandomness = r, true
				}
			default:
				st.Plain = false
			}
		}
	}
	st.Plain = st.Plain && n == 0
	return st
}

// settle adds what the trace id says.
func (st *State) settle(id trace.TraceID) {
	if !st.HasRandomness {
		st.Randomness = TraceRandomness(id)
	}
	if st.HasThreshold && !st.Threshold.Keeps(st.Randomness) {
		st.HasThreshold = false
	}
}

// TraceRandomness returns the randomness of a trace that has no rv: the low 56 bits of its id.
func TraceRandomness(id trace.TraceID) Randomness {
	return Randomness(binary.BigEndian.Uint64(id[8:]) & (uint64(Never) - 1))
}
