package processor

import "time"

// bad reports that the last export did not deliver everything.
func (o *outcome) bad() bool { return o.failures > 0 || !o.partialSince.IsZero() }

// note keeps what the result of an export says about the connection's health.
func (o *outcome) note(r result, now time.Time) {
	if r.panicked && o.panicked == nil {
		o.panicked = r.err
	}
	delivered := r.exported + r.spooled
	switch {
	case r.failed == 0 && r.spooled == 0:
		if o.bad() {
			o.goodSince = now
		}
		o.failures, o.failingSince, o.partialSince = 0, time.Time{}, time.Time{}
		return
	case delivered > 0:
		if o.partialSince.IsZero() {
			o.partialSince = now
		}
		o.failures, o.failingSince = 0, time.Time{}
	default:
		if o.failures == 0 {
			o.failingSince = now
		}
		o.failures++
	}
	o.err = r.err
}
