package delivery

import (
	"fmt"
	"strconv"
	"strings"
)

// SpanError says what became of the spans of one export that didn't simply succeed. The
// three counts add up to the spans of the batch.
type SpanError struct {
	// Err is the reason; never nil.
	Err error
	// Exported spans were taken by the destination, Spooled ones wait on disk. Failed ones
	// are not confirmed: lost, unless the destination stored them and its answer was lost.
	Exported, Failed, Spooled int
}

// Error returns the counts that matter and the reason.
func (e *SpanError) Error() string {
	var parts []string
	for _, p := range [...]struct {
		n    int
		what string
	}{{e.Failed, "not delivered"}, {e.Spooled, "spooled"}, {e.Exported, "delivered"}} {
		if p.n > 0 {
			parts = append(parts, plural(p.n)+" "+p.what)
		}
	}
	if len(parts) == 0 {
		return e.Err.Error()
	}
	return strings.Join(parts, ", ") + ": " + e.Err.Error()
}

// Unwrap returns the reason.
func (e *SpanError) Unwrap() error { return e.Err }

// SpanResult returns the three counts; the processor's ledger looks for this method.
func (e *SpanError) SpanResult() (exported, failed, spooled int) {
	return e.Exported, e.Failed, e.Spooled
}

// Result turns the verdict on a batch of so many spans into what an exporter returns: nil if
// all were taken, otherwise a [*SpanError].
func (v Verdict) Result(spans int) error {
	switch {
	case v.Outcome != Delivered:
		return &SpanError{Failed: spans, Err: v.Err}
	case v.Rejected > 0:
		return &SpanError{Exported: spans - v.Rejected, Failed: v.Rejected, Err: v.Rejection(spans)}
	default:
		return nil
	}
}

// Rejection returns the sentence about a partial success, nil if there was none.
func (v Verdict) Rejection(spans int) error {
	if v.Outcome != Delivered || v.Rejected == 0 {
		return nil
	}
	return fmt.Errorf("the destination rejected %d of %s: %s", v.Rejected, plural(spans), orNothing(v.Message))
}

func orNothing(message string) string {
	if message == "" {
		return "it didn't say why"
	}
	return message
}

func plural(n int) string {
	if n == 1 {
		return "1 span"
	}
	return strconv.Itoa(n) + " spans"
}
