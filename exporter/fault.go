package exporter

import "fmt"

// PartialError says what became of the spans of one export that failed.
type PartialError struct {
	// Exported spans were confirmed; Failed ones were not, so that they may or may not have
	// arrived; Spooled ones wait on disk.
	Exported, Failed, Spooled int
	// Err is why.
	Err error
}

// Error returns the reason and how many spans it cost.
func (e *PartialError) Error() string {
	return fmt.Sprintf("%v (%d of %d spans)", e.Err, e.Failed, e.Exported+e.Failed+e.Spooled)
}

// Unwrap returns Err.
func (e *PartialError) Unwrap() error { return e.Err }

// SpanResult returns the three numbers. Whoever counts spans looks for this method.
func (e *PartialError) SpanResult() (exported, failed, spooled int) {
	return e.Exported, e.Failed, e.Spooled
}
