package report

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Result says what became of the spans of one export that didn't export them all. Exporters return
// it as their error; errors.As with a *Result finds it.
type Result struct {
	// Err is the reason. It is nil only in a Result that [Read] returns for a nil error.
	Err error
	// Exported spans have been confirmed by the destination and Spooled ones wait on disk. Failed
	// ones are neither: they are lost, unless the destination has stored them and its answer was
	// lost. The three add up to the spans of the export.
	Exported, Failed, Spooled int
	// Resent spans, which are among the three others, were sent more than once because an answer
	// was lost: the destination may have them twice. [Counts.Resent] includes them.
	Resent int
	// Barred reports that all spans have failed for a reason that [Gate.Barred] told, and that none
	// has arrived: they may be exported again when they are admitted.
	Barred bool
}

// Error returns the counts that aren't zero and the reason.
func (r *Result) Error() string {
	var parts []string
	for _, p := range [...]struct {
		n    int
		what string
	}{{r.Failed, "not delivered"}, {r.Spooled, "spooled"}, {r.Exported, "delivered"}} {
		if p.n > 0 {
			parts = append(parts, Spans(p.n)+" "+p.what)
		}
	}
	if len(parts) == 0 {
		return fmt.Sprint(r.Err)
	}
	return fmt.Sprintf("%s: %v", strings.Join(parts, ", "), r.Err)
}

// Spans returns "1 span" or "n spans".
func Spans(n int) string {
	if n == 1 {
		return "1 span"
	}
	return strconv.Itoa(n) + " spans"
}

// Unwrap returns the reason.
func (r *Result) Unwrap() error { return r.Err }

// SpanResult returns the three counts.
func (r *Result) SpanResult() (exported, failed, spooled int) {
	return r.Exported, r.Failed, r.Spooled
}

// Read returns what became of the n spans of an export that returned err. If err is nil all of them
// are exported. If err wraps neither a Result nor another error with the method SpanResult, all have
// failed. Counts that don't add up to n are cut, or filled up with failed ones: no span counts as
// exported or spooled unless the exporter said so. The returned Err is err itself.
func Read(err error, n int) Result {
	if err == nil {
		return Result{Exported: n}
	}
	r := Result{Err: err, Failed: n}
	var counted interface {
		error
		SpanResult() (exported, failed, spooled int)
	}
	if !errors.As(err, &counted) {
		return r
	}
	exported, failed, spooled := counted.SpanResult()
	failed = min(max(failed, 0), n)
	r.Spooled = min(max(spooled, 0), n-failed)
	r.Exported = min(max(exported, 0), n-failed-r.Spooled)
	r.Failed = n - r.Exported - r.Spooled
	if own, ok := counted.(*Result); ok {
		r.Resent = min(max(own.Resent, 0), n)
		r.Barred = own.Barred && r.Failed == n
	}
	return r
}
