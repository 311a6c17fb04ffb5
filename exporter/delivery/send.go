package delivery

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/tracehook/tracehook/exporter/report"
)

// Left is a part of a batch that wasn't taken whole, and why.
type Left struct {
	Batch   Batch
	Verdict Verdict
}

// Deliver sends b and returns nil, or a [*report.Result]. Each part of it that is worth retrying
// takes at most the budget plus one attempt. While the destination takes nothing from us, it waits,
// at most for the budget. It returns soon after ctx is done.
func (s *Sender) Deliver(ctx context.Context, b Batch) error {
	until, cancel := context.WithTimeout(ctx, s.options.Budget)
	defer cancel()
	var final []Left
	todo := []Batch{b}
	for len(todo) > 0 {
		if !s.options.Once && !s.Admit(until) {
			for _, b := range todo {
				final = append(final, Left{b, Verdict{Outcome: Barred, Err: s.notAdmitted(ctx)}})
			}
			break
		}
		var barred []Batch
		for _, b := range todo {
			for _, l := range s.Send(ctx, b) {
				if l.Verdict.Outcome == Barred && !s.options.Once {
					l.Batch.barred++
					barred = append(barred, l.Batch)
				} else {
					final = append(final, l)
				}
			}
		}
		todo = barred
	}
	return result(b.Spans, final)
}

func (s *Sender) notAdmitted(ctx context.Context) error {
	if err := s.door.err(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// result adds up what became of a batch of so many spans.
func result(spans int, left []Left) error {
	if len(left) == 0 {
		return nil
	}
	r := &report.Result{Exported: spans}
	var reasons Reasons
	barred := 0
	for _, l := range left {
		failed, err := l.Batch.Spans, l.Verdict.Err
		if l.Verdict.Outcome == Delivered {
			failed, err = l.Verdict.Rejected, l.Verdict.Rejection(l.Batch.Spans)
		}
		if l.Verdict.Outcome == Barred && !l.Verdict.Uncertain && !l.Batch.Uncertain {
			barred += failed
		}
		r.Failed += failed
		r.Exported -= failed
		reasons.Add(err)
	}
	r.Err = reasons.Err()
	r.Barred = barred == spans
	return r
}

// Send tries until nothing of b is left to send, the budget is used up or ctx is done, and returns
// what wasn't taken. B is cut where it is too large, as far as that goes. A part that the
// destination bars, and all behind it, comes back at once.
func (s *Sender) Send(ctx context.Context, b Batch) []Left {
	d := sending{Sender: s, todo: s.Cut(b), begin: time.Now(), smallest: math.MaxInt}
	for len(d.todo) > 0 {
		next := d.todo[0]
		d.todo = d.todo[1:]
		d.settle(d.try(ctx, next))
	}
	return d.left
}

// sending is one batch on its way.
type sending struct {
	*Sender

	todo     []Batch
	left     []Left
	begin    time.Time // or of the last success: a large batch has many parts
	smallest int       // bytes of the smallest span that was too large alone
	failed   int       // suspects
}

// settle books what became of a part.
func (d *sending) settle(b Batch, v Verdict) {
	switch v.Outcome {
	case Delivered:
		d.begin = time.Now()
		if v.Rejected > 0 {
			d.left = append(d.left, Left{b, v})
		}
	case TooLarge:
		if parts := d.Shrink(b); parts != nil {
			d.todo = append(parts, d.todo...)
			return
		}
		d.smallest = min(d.smallest, len(b.Body))
		d.left = append(d.left, Left{b, Verdict{Outcome: Refused, Err: d.TooLarge(b, v.Err)}})
	case Refused:
		d.left = append(d.left, Left{b, v})
	default:
		if b.suspect && d.failed < mostSuspects {
			d.settleSuspect(b, v)
			return
		}
		d.left = append(d.left, Left{b, v})
		for _, b := range d.todo {
			d.left = append(d.left, Left{b, v})
		}
		d.todo = nil
	}
}

// try makes attempts at a part until the verdict is final or nothing more may be done.
func (d *sending) try(ctx context.Context, b Batch) (Batch, Verdict) {
	switch {
	case len(b.Body) >= d.smallest:
		return b, Verdict{Outcome: TooLarge, Err: fmt.Errorf("it has just refused a span of %d bytes", d.smallest)}
	case b.suspect:
		v := d.Attempt(ctx, b)
		b = v.Remaining(b)
		b.Uncertain = b.Uncertain || v.Uncertain
		v.Uncertain = b.Uncertain
		return b, v
	}
	if err := d.door.err(); err != nil && !d.options.Once {
		return b, Verdict{Outcome: Barred, Err: err}
	}
	if d.outage.down.Load() && !d.options.Once {
		if !d.outage.take(ctx, d.options.Budget) {
			return b, Verdict{Outcome: Retry, Err: d.outage.err(), Uncertain: b.Uncertain}
		}
		defer d.outage.release()
	}
	return d.repeat(ctx, b)
}

// repeat is a row of attempts with growing waits.
func (d *sending) repeat(ctx context.Context, b Batch) (Batch, Verdict) {
	budget, once := d.options.Budget, d.options.Once || d.outage.down.Load()
	for failures := 1; ; failures++ {
		v := d.politely(ctx, b, d.begin)
		if v.Progress() {
			b = v.Remaining(b)
			d.begin, failures, once = time.Now(), 1, d.options.Once
		}
		b.Uncertain = b.Uncertain || v.Uncertain
		v.Uncertain = b.Uncertain
		if v.Outcome == Barred && b.barred >= barredTwice {
			return d.tryParts(ctx, b, v)
		}
		if v.Outcome != Retry {
			return b, v
		}
		if failures == suspectAfter && v.After == 0 && (v.Answered || v.Uncertain) && ctx.Err() == nil {
			if parts, v := d.tryParts(ctx, b, v); v.Outcome == Delivered {
				return parts, v
			}
			if b.Spans < 2 && d.takesEmpty(ctx) {
				budget = max(budget/3, time.Since(d.begin)+d.options.Backoff.step(failures)) // those behind it may fare better
			}
		}
		if failures == suspectAfter || time.Since(d.begin) > slowAnswer {
			d.tellFailure(ctx, v.Err)
		}
		wait := max(d.options.Backoff.Wait(failures), time.Until(d.free()))
		if once || v.Enough || time.Since(d.begin)+wait > budget || !outlives(ctx, wait) || !sleep(ctx, wait) {
			if !errors.Is(ctx.Err(), context.Canceled) { // a cancellation says nothing about the destination
				d.SetDown(v.Err)
			}
			if failures > 1 {
				v.Err = fmt.Errorf("gave up after %d attempts in %v: %w", failures, time.Since(d.begin).Round(time.Millisecond), v.Err)
			}
			return b, v
		}
	}
}

func (d *sending) tellFailure(ctx context.Context, err error) {
	if ctx.Err() == nil {
		d.outage.fails(d.options.Logger, err)
	}
}

// politely makes one attempt, unless the destination asked to be left alone for longer than
// the budget lasts.
func (s *Sender) politely(ctx context.Context, b Batch, begin time.Time) Verdict {
	if free := s.free(); time.Until(free) > 0 {
		if free.Sub(begin) > s.options.Budget || !sleep(ctx, time.Until(free)) {
			return Verdict{
				Outcome: Retry, After: time.Until(free),
				Err: fmt.Errorf("the destination asked for a pause until %s", free.UTC().Format(time.RFC3339)),
			}
		}
	}
	return s.Attempt(ctx, b)
}
