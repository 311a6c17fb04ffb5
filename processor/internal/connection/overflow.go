package connection

import (
	"fmt"
	"strings"
)

// Overflow says what happens to a span that finds its connection's queue full.
type Overflow uint8

const (
	// OverflowDrop drops the span and counts it as dropped.queue_full. It never waits.
	OverflowDrop Overflow = iota
	// OverflowBlock makes the caller of End wait for room, at most the block timeout, then
	// drops. After one such timeout nobody waits again until the connection moves.
	OverflowBlock
	// OverflowSync makes the caller of End export its span itself, waiting for the exporter
	// no longer than the block timeout; order is not kept. A timeout drops the span if the
	// exporter could not be had, and after one nobody waits again until the connection moves.
	OverflowSync
	// OverflowSpool hands the span to the exporter's SpoolSpans in the background. See
	// [report.Spooler].
	OverflowSpool
)

// String returns the name that [ParseOverflow] reads.
func (o Overflow) String() string {
	names := [...]string{"drop", "block", "sync", "spool"}
	if int(o) < len(names) {
		return names[o]
	}
	return fmt.Sprintf("overflow(%d)", uint8(o))
}

// ParseOverflow reads "drop", "block", "sync" or "spool", in any case.
func ParseOverflow(s string) (Overflow, error) {
	for o := OverflowDrop; o <= OverflowSpool; o++ {
		if strings.EqualFold(s, o.String()) {
			return o, nil
		}
	}
	return OverflowDrop, fmt.Errorf("overflow %q is unknown: use drop, block, sync or spool", s)
}
