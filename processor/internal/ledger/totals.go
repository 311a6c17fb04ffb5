package ledger

import (
	"time"

	"github.com/tracehook/tracehook/exporter/report"
)

// Totals are what has become of accepted spans, as far as that is known.
type Totals struct {
	Exported, Failed, Spooled, Abandoned Tally
	// Unspooled spans had been accepted for the spool, which then refused them: they are
	// taken out of accepted and count as dropped for a full queue.
	Unspooled Tally

	Exports, ExportSpans, Errors uint64
	EverAbandoned                uint64
	Untried                      uint64 // of Failed: never handed to the exporter
	LastExport, LastBatch        time.Duration

	Delivery Delivery

	// Untold are the losses that no error has told yet; Tellings is how often they were told.
	Untold   Loss
	Tellings uint64
}

// Book adds the result of an export of all.
func (t *Totals) Book(all Tally, r *report.Result, now time.Time) {
	t.Exported = t.Exported.Plus(all.share(uint64(r.Exported)))
	t.Failed = t.Failed.Plus(all.share(uint64(r.Failed)))
	t.Spooled = t.Spooled.Plus(all.share(uint64(r.Spooled)))
	t.Untold.Failed += int64(r.Failed)
	t.Delivery.note(r, now)
}

// BookLate adds the result of an export of all that was abandoned when the losses had been told
// so many times. What was told as abandoned is not told again as failed.
func (t *Totals) BookLate(all Tally, r *report.Result, tellings uint64, now time.Time) {
	t.Abandoned = t.Abandoned.Minus(all)
	untold := t.Untold.Failed
	t.Book(all, r, now)
	if tellings == t.Tellings {
		t.Untold.Abandoned -= int64(all.Spans)
	} else {
		t.Untold.Failed = untold
	}
}

// Count counts an export of n spans.
func (t *Totals) Count(n uint64, bad bool) {
	t.Exports++
	t.ExportSpans += n
	if bad {
		t.Errors++
	}
}

// Abandon books an export of all that is not waited for any longer.
func (t *Totals) Abandon(all Tally, why error, now time.Time) {
	t.Abandoned = t.Abandoned.Plus(all)
	t.EverAbandoned += all.Spans
	t.Untold.Abandoned += int64(all.Spans)
	t.Count(all.Spans, true)
	t.Delivery.note(&report.Result{Failed: int(all.Spans), Err: why}, now)
}

// Refuse books spans that were never handed to the exporter.
func (t *Totals) Refuse(all Tally) {
	t.Failed = t.Failed.Plus(all)
	t.Untried += all.Spans
	t.Untold.Failed += int64(all.Spans)
}

// Lost returns how many accepted spans were neither delivered nor spooled, but for those in an
// export that may still return.
func (t *Totals) Lost() uint64 { return t.Failed.Spans + t.Unspooled.Spans }
