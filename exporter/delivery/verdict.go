package delivery

import (
	"cmp"
	"fmt"
	"time"

	"github.com/tracehook/tracehook/exporter/report"
)

// Outcome is what one attempt came to.
type Outcome uint8

const (
	// Delivered says that the destination has taken the batch, perhaps without some of its spans.
	Delivered Outcome = iota
	// Retry says that the same bytes may succeed later.
	Retry
	// Refused says that the same bytes will never be taken.
	Refused
	// TooLarge says that the batch has too many bytes; parts of it may be taken.
	TooLarge
	// Barred says that the destination takes nothing from us, or isn't one: our credentials, the
	// path or the port are wrong. That says nothing about the batch.
	Barred
)

// String returns one lower-case word.
func (o Outcome) String() string {
	switch o {
	case Delivered:
		return "delivered"
	case Retry:
		return "retry"
	case Refused:
		return "refused"
	case TooLarge:
		return "too large"
	case Barred:
		return "barred"
	default:
		return "unknown"
	}
}

// Verdict is what one attempt, or a row of them, came to. The zero Verdict is a delivery.
type Verdict struct {
	// Err is the reason in a sentence, free of secrets; nil if and only if Outcome is
	// Delivered.
	Err error
	// Message is what the destination said about a delivered batch: why it rejected some
	// spans, or a warning. It is bounded and printable.
	Message string
	// Rejected is the number of spans of a delivered batch that the destination didn't take.
	Rejected int
	// After is how long the destination asked to be left alone; 0 if it didn't say.
	After   time.Duration
	Outcome Outcome
	// Uncertain reports that the batch may have arrived although it isn't Delivered.
	Uncertain bool
	// Answered reports that something has answered. A failure without an answer comes from the network.
	Answered bool
	// Rest is what is left to be sent of a batch to be retried or barred, where the destination has
	// taken the other spans of it; nil means all of it.
	Rest *Batch
	// Enough asks a [Sender] to leave a Retry at this attempt. A spool may try again later.
	Enough bool
}

// Remaining returns what of b, on which v is the verdict, is left to be sent.
func (v Verdict) Remaining(b Batch) Batch {
	if v.Rest == nil || v.Rest.Spans >= b.Spans {
		return b
	}
	rest := b
	rest.Body, rest.Spans = v.Rest.Body, v.Rest.Spans
	rest.Recycle, rest.readers = nil, nil // its memory isn't the batch's
	return rest
}

// Progress reports that the destination has taken a part of the batch.
func (v Verdict) Progress() bool { return v.Rest != nil }

// deliveredBut returns the verdict of a batch of spans that was taken, of which the
// destination rejected some. A count outside 0..spans, which a broken server can send, is
// clamped.
func deliveredBut(spans int, rejected int64, message string) Verdict {
	return Verdict{Rejected: int(min(max(rejected, 0), int64(spans))), Message: message}
}

// Result turns the verdict on a batch of so many spans into what an exporter returns: nil if
// all were taken, otherwise a [*report.Result].
func (v Verdict) Result(spans int) error {
	switch {
	case v.Outcome != Delivered:
		return &report.Result{Failed: spans, Err: v.Err}
	case v.Rejected > 0:
		return &report.Result{Exported: spans - v.Rejected, Failed: v.Rejected, Err: v.Rejection(spans)}
	default:
		return nil
	}
}

// Rejection returns the sentence about a partial success, nil if there was none.
func (v Verdict) Rejection(spans int) error {
	if v.Outcome != Delivered || v.Rejected == 0 {
		return nil
	}
	return fmt.Errorf("the destination rejected %d of %s: %s", v.Rejected, report.Spans(spans), cmp.Or(v.Message, "it didn't say why"))
}
