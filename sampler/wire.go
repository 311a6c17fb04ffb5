package sampler

import (
	"fmt"
	"strings"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/internal/nearest"
	"github.com/tracehook/tracehook/setting"
)

// Weights says where th, the weight of a span, is written.
type Weights uint8

const (
	// WeightsAuto writes th where the threshold is above 0. A th of 0 tells a reader nothing
	// that its absence doesn't, and some readers refuse every span that has one: a Collector's
	// probabilistic_sampler drops them. It is the default.
	WeightsAuto Weights = iota
	// WeightsAlways writes th, also where it is 0.
	WeightsAlways
	// WeightsNever writes no th.
	WeightsNever
)

func weightsWords() []string { return []string{"auto", "always", "never"} }

// writes reports whether th is written for t.
func (w Weights) writes(t decision.Threshold) bool {
	return t < decision.Never && (w == WeightsAlways || w == WeightsAuto && t > decision.Always)
}

// String returns the configuration's word.
func (w Weights) String() string { return wordOf(w, weightsWords()) }

// ParseWeights returns the value of a configuration's word; case doesn't matter and "" is
// [WeightsAuto]. The error is a [setting.Problem] for the key "weights".
func ParseWeights(word string) (Weights, error) {
	return parseWord[Weights](word, "weights", "word", weightsWords())
}

// Edge says what the head sampler makes of a remote parent.
type Edge uint8

const (
	// EdgeContinue goes on with the parent's trace and decision. It is the default.
	EdgeContinue Edge = iota
	// EdgeRestart trusts nothing that the caller says about sampling: the span is decided as a
	// root, by fresh random bits. Where the Bridge's propagator reads the request, it begins a
	// new trace, which is linked to the caller's.
	EdgeRestart
	// EdgeIgnore is EdgeRestart without the link.
	EdgeIgnore
)

func edgeWords() []string { return []string{"continue", "restart", "ignore"} }

// String returns the configuration's word.
func (e Edge) String() string { return wordOf(e, edgeWords()) }

// ParseEdge returns the value of a configuration's word; case doesn't matter and "" is
// [EdgeContinue]. The error is a [setting.Problem] for the key "edge".
func ParseEdge(word string) (Edge, error) {
	return parseWord[Edge](word, "edge", "word", edgeWords())
}

// DefaultMaxWeight is the largest weight of a remote parent that counts: 2^20.
const DefaultMaxWeight = 1 << 20

// Wire says what a [Head] believes of remote parents and writes for others. The zero value has
// the defaults.
type Wire struct {
	// MaxWeight is the largest weight of a remote parent that counts; one with a larger th counts
	// as if it had none. 0 is [DefaultMaxWeight].
	MaxWeight float64
	// UnknownWithoutTh says that a sampled remote parent without th has an unknown weight.
	// Otherwise it counts as one.
	UnknownWithoutTh bool
	// Weights says where th is written for traces that begin here. A remote parent's th travels
	// on as it is.
	Weights Weights
	// Edge says what becomes of remote parents.
	Edge Edge
}

func (w Wire) withDefaults() Wire {
	if !(w.MaxWeight >= 1) {
		w.MaxWeight = DefaultMaxWeight
	}
	return w
}

// wordOf returns the word of v.
func wordOf[T ~uint8](v T, words []string) string {
	if int(v) < len(words) {
		return words[v]
	}
	return "unknown"
}

// parseWord returns the index of word in words; case doesn't matter and "" is 0. The error is a
// problem of key that calls word what.
func parseWord[T ~uint8](word, key, what string, words []string) (T, error) {
	if word == "" {
		return 0, nil
	}
	for i, w := range words {
		if strings.EqualFold(word, w) {
			return T(i), nil
		}
	}
	return 0, setting.Problem{Path: key, Message: fmt.Sprintf("unknown %s %q: use one of %s%s",
		what, word, strings.Join(words, ", "), nearest.Hint(word, words))}
}
