package decision

import (
	"encoding/binary"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

const (
	otKey   = "ot"        // OpenTelemetry's own tracestate member
	markKey = "tracehook" // ours: where a span's threshold came from
)

// Origin says who decided at the start of the local part of a trace. The head sampler
// writes it as part of a [Mark].
type Origin uint8

const (
	// Foreign spans carry no mark: the provider that made them doesn't use our head
	// sampler, so nothing is known of what it dropped.
	Foreign Origin = iota
	// Local spans belong to a trace that began in this process, or whose remote parent
	// is ignored: th is the head sampler's own.
	Local
	// Inherited spans are below a sampled remote parent that said what it stands for:
	// th is the parent's.
	Inherited
	// Unweighted spans are below a remote parent of unknown weight: one that was not sampled
	// (the sampled flag is off), or sampled without a usable th.
	Unweighted
)

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
	// Plain reports that the tracestate holds nothing but th and our mark, so that a
	// ready-made one may replace it.
	Plain bool
	// Mark is the head sampler's, well-formed or zero. It counts only for those who know
	// its tag: an inbound one belongs to another process.
	Mark
}

// ReadState reads what ts says about a span of trace id. It doesn't allocate.
// Malformed members count as absent; they are never an error.
func ReadState(ts trace.TraceState, id trace.TraceID) State {
	n := ts.Len()
	if n == 0 {
		return State{Randomness: traceRandomness(id), Plain: true}
	}
	st := parseState(ts.Get(otKey), ts.Get(markKey), n)
	st.settle(id)
	return st
}

// parseState reads our two members of a tracestate that has n. What depends on the trace id
// is left to settle.
func parseState(ot, mark string, n int) State {
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
	if mark != "" {
		n--
		st.Mark = ParseMark(mark)
	}
	st.Plain = st.Plain && n == 0
	return st
}

// settle adds what the trace id says.
func (st *State) settle(id trace.TraceID) {
	if !st.HasRandomness {
		st.Randomness = traceRandomness(id)
	}
	if st.HasThreshold && !st.Threshold.Keeps(st.Randomness) {
		st.HasThreshold = false
	}
}

func traceRandomness(id trace.TraceID) Randomness {
	return Randomness(binary.BigEndian.Uint64(id[8:]) & (uint64(Never) - 1))
}
