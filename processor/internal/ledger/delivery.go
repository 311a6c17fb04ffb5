package ledger

import (
	"time"

	"github.com/tracehook/tracehook/exporter/report"
)

// Delivery is how the last exports went.
type Delivery struct {
	// Err is that of the last export that wasn't a full success, Panic the first panic.
	Err, Panic error

	failingSince time.Time // of the first export without success after the last success
	failures     uint64    // exports since then
	partialSince time.Time // of the first export, since one without loss, that lost a part
	goodSince    time.Time // of the last change to neither
}

// Bad reports that the last export did not deliver everything.
func (d *Delivery) Bad() bool { return d.failures > 0 || !d.partialSince.IsZero() }

func (d *Delivery) note(r *report.Result, now time.Time) {
	switch {
	case r.Failed == 0 && r.Spooled == 0:
		if d.Bad() {
			d.goodSince = now
		}
		d.failures, d.failingSince, d.partialSince = 0, time.Time{}, time.Time{}
		return
	case r.Exported+r.Spooled > 0:
		if d.partialSince.IsZero() {
			d.partialSince = now
		}
		d.failures, d.failingSince = 0, time.Time{}
	default:
		if d.failures == 0 {
			d.failingSince = now
		}
		d.failures++
	}
	d.Err = r.Err
}
