package sampler

import (
	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/internal/spannote"
)

// era is a time in which a head recorded from the same thresholds on: of local traces, and of
// spans below a remote parent that was not sampled.
type era struct{ recorded, unsampled decision.Threshold }

// eras are the last ones of a head by their number, and what holds for each of them.
type eras struct {
	all []era
	now uint8
	// worst holds for spans of which nobody knows when they began.
	worst era
}

// next returns the eras after a swap to thresholds. Of eras that are further back than
// [spannote.Eras] the number is used again.
func (e eras) next(thresholds era) eras {
	if len(e.all) == 0 {
		return eras{all: []era{thresholds}, worst: thresholds}
	}
	if e.all[e.now] == thresholds {
		return e
	}
	n := eras{now: (e.now + 1) % spannote.Eras, worst: era{
		recorded: max(e.worst.recorded, thresholds.recorded), unsampled: max(e.worst.unsampled, thresholds.unsampled),
	}}
	n.all = append(n.all, e.all...)
	if int(n.now) == len(n.all) {
		n.all = append(n.all, thresholds)
	} else {
		n.all[n.now] = thresholds
	}
	return n
}

// at returns the era of a note.
func (e *eras) at(number uint8) era {
	if int(number) < len(e.all) {
		return e.all[number]
	}
	return e.worst
}
