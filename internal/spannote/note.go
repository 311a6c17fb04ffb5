// Package spannote remembers, in a table of a fixed size, the spans that this process has begun.
// Its user notes a span when it starts and asks when it ends, or when its id comes back as that of
// a parent. Nothing waits, nothing is allocated but the table itself, and what is pushed out is
// forgotten.
package spannote

import "github.com/tracehook/tracehook/decision"

// Note is what is remembered of a span, in one word: its origin, whether it was started inside
// an export, the number of the era that it began in, whether it has ended, and 52 bits that tell
// it from others.
type Note uint64

const (
	originBits Note = 7
	exportBit  Note = 1 << 3
	endedBit   Note = 1 << 4
	eraShift        = 5
	idBits     Note = 1<<64 - 1<<12

	// Eras is how many eras can be told apart.
	Eras = 128
)

// New returns the note of a span that starts. Era is below [Eras].
func New(o decision.Origin, export bool, era uint8) Note {
	n := Note(o)&originBits | Note(era%Eras)<<eraShift
	if export {
		n |= exportBit
	}
	return n
}

// Origin returns the span's origin.
func (n Note) Origin() decision.Origin { return decision.Origin(n & originBits) }

// Export reports whether the span was started inside an export.
func (n Note) Export() bool { return n&exportBit != 0 }

// Era returns the number of the era that the span began in.
func (n Note) Era() uint8 { return uint8(n >> eraShift & (Eras - 1)) }
