package delivery

import (
	"context"
	"fmt"
)

const (
	// suspectAfter is after how many failures it is found out whether it is the batch that fails.
	suspectAfter = 3
	// mostSuspects bounds how many parts of a batch may fail before the rest is given up.
	mostSuspects = 64
	// barredTwice is how often a batch may be barred although the destination takes empty requests.
	barredTwice = 2
)

// settleSuspect divides a part that fails while the destination takes others.
func (d *sending) settleSuspect(b Batch, v Verdict) {
	d.failed++
	if parts := d.Halve(b); parts != nil {
		d.blame(parts)
		return
	}
	if v.Outcome == Barred {
		v = Verdict{Outcome: Refused, Err: fmt.Errorf("the destination takes others, but not span %.128q: %w", d.nameOf(b), v.Err)}
		d.door.open(d.options.Logger)
	}
	d.left = append(d.left, Left{b, v})
}

// blame puts parts first that get one attempt each.
func (d *sending) blame(parts []Batch) {
	for i := range parts {
		parts[i].suspect = true
	}
	d.todo = append(parts, d.todo...)
}

// takesEmpty reports that the destination takes a request without spans.
func (d *sending) takesEmpty(ctx context.Context) bool {
	prober, ok := d.transport.(Prober)
	if !ok {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, d.options.Timeout)
	defer cancel()
	return prober.Probe(ctx).Outcome == Delivered
}

// tryParts finds out whether it is the batch that fails, or the destination: it makes one attempt
// at each part. If none is taken, it is the destination, or b can't be divided, and v stays the
// verdict on b. Otherwise parts that failed are divided further, and the verdict on what is returned
// is a delivery.
func (d *sending) tryParts(ctx context.Context, b Batch, v Verdict) (Batch, Verdict) {
	parts := d.Halve(b)
	if parts == nil {
		if v.Outcome == Barred { // a destination that takes empty requests
			v = Verdict{Outcome: Refused, Err: fmt.Errorf("the destination takes empty requests, but not span %.128q: %w", d.nameOf(b), v.Err)}
			d.door.open(d.options.Logger)
		}
		return b, v
	}
	verdicts := make([]Verdict, len(parts))
	taken, passed := false, true
	for i := range parts {
		verdicts[i] = d.Attempt(ctx, parts[i])
		parts[i] = verdicts[i].Remaining(parts[i])
		parts[i].Uncertain = parts[i].Uncertain || verdicts[i].Uncertain
		passed = passed && verdicts[i].Outcome == Delivered
		taken = taken || verdicts[i].Progress() || verdicts[i].Outcome != Retry && verdicts[i].Outcome != Barred
	}
	if !taken && v.Outcome != Barred {
		return b, v
	}
	if passed { // it was the size
		d.sizes.refuse(len(b.Body))
	}
	var again []Batch
	for i := range parts {
		if o := verdicts[i].Outcome; o == Retry || o == Barred {
			again = append(again, parts[i])
		} else {
			d.settle(parts[i], verdicts[i])
		}
	}
	d.blame(again)
	return Batch{}, Verdict{}
}
