package processortest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Step is what one call of ExportSpans does, in the order of the fields.
type Step struct {
	// Delay is how long the call takes. Unless Deaf, the end of its context cuts it short with
	// the context's error.
	Delay time.Duration
	// Hang, if not nil, makes the call wait until it is closed. Unless Deaf, the end of the
	// context cuts that short, too.
	Hang <-chan struct{}
	// Deaf ignores the context.
	Deaf bool
	// Panic, if not nil, is what the call panics with.
	Panic any
	// Partial returns an error that says that the first spans were exported, the next ones
	// failed and the rest were spooled.
	Partial *Partial
	// Err is returned, and nothing counts as exported.
	Err error
}

// Partial is the error of an export of which a part went well.
type Partial struct{ Exported, Failed, Spooled int }

// Error says how many spans went where.
func (p *Partial) Error() string {
	return fmt.Sprintf("%d spans exported, %d failed, %d spooled", p.Exported, p.Failed, p.Spooled)
}

// SpanResult tells the ledger.
func (p *Partial) SpanResult() (exported, failed, spooled int) {
	return p.Exported, p.Failed, p.Spooled
}

// Call is what one call of ExportSpans was given and what it returned.
type Call struct {
	Exported, Failed, Spooled []trace.SpanID
	Err                       error
	Panicked                  bool
}

// Exporter is a SpanExporter that follows a script. It is safe for concurrent use, and it
// reports if it is used concurrently by others.
type Exporter struct {
	script     func(call int) Step
	onShutdown Step

	busy, overlaps, down atomic.Int64
	begun                atomic.Int64

	mu       sync.Mutex
	calls    []Call
	retained [][]sdktrace.ReadOnlySpan
	retain   bool
}

// New returns an exporter that does the given steps, one in each call, and after them
// exports everything at once.
func New(steps ...Step) *Exporter {
	return NewFunc(func(call int) Step {
		if call < len(steps) {
			return steps[call]
		}
		return Step{}
	})
}

// NewFunc returns an exporter that asks script what to do, with the number of the call
// from 0. Script is never called twice at once.
func NewFunc(script func(call int) Step) *Exporter { return &Exporter{script: script} }

// Retain makes the exporter keep every slice that it is given, which it must not.
func (e *Exporter) Retain() *Exporter {
	e.retain = true
	return e
}

// OnShutdown makes Shutdown do s.
func (e *Exporter) OnShutdown(s Step) *Exporter {
	e.onShutdown = s
	return e
}

// Open returns e; it has the type of processor.ConnectionConfig.Open.
func (e *Exporter) Open(context.Context) (sdktrace.SpanExporter, error) { return e, nil }

// ExportSpans does the next step.
func (e *Exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if e.busy.Add(1) > 1 {
		e.overlaps.Add(1)
	}
	defer e.busy.Add(-1)
	if e.down.Load() > 0 {
		e.overlaps.Add(1)
	}
	e.mu.Lock()
	step := e.script(int(e.begun.Add(1) - 1))
	if e.retain {
		e.retained = append(e.retained, spans)
	}
	e.mu.Unlock()
	ids := make([]trace.SpanID, len(spans))
	for i, s := range spans {
		ids[i] = s.SpanContext().SpanID()
	}
	call := Call{}
	err := step.wait(ctx)
	switch {
	case err != nil:
		call.Failed = ids
	case step.Panic != nil:
		call.Failed, call.Panicked = ids, true
	case step.Partial != nil:
		p := step.Partial
		a := min(p.Exported, len(ids))
		b := min(a+p.Failed, len(ids))
		call.Exported, call.Failed, call.Spooled = ids[:a], ids[a:b], ids[b:]
		err = &Partial{Exported: a, Failed: b - a, Spooled: len(ids) - b}
	case step.Err != nil:
		call.Failed, err = ids, step.Err
	default:
		call.Exported = ids
	}
	call.Err = err
	e.mu.Lock()
	e.calls = append(e.calls, call)
	e.mu.Unlock()
	if step.Panic != nil && call.Panicked {
		panic(step.Panic) //nolint:forbidigo // this is what it is for
	}
	return err
}

func (s *Step) wait(ctx context.Context) error {
	done := ctx.Done()
	if s.Deaf {
		done = nil
	}
	if s.Delay > 0 {
		t := time.NewTimer(s.Delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-done:
			return ctx.Err()
		}
	}
	if s.Hang != nil {
		select {
		case <-s.Hang:
		case <-done:
			return ctx.Err()
		}
	}
	return nil
}

// Shutdown does the step of OnShutdown.
func (e *Exporter) Shutdown(ctx context.Context) error {
	if e.busy.Load() > 0 {
		e.overlaps.Add(1)
	}
	e.down.Add(1)
	if err := e.onShutdown.wait(ctx); err != nil {
		return err
	}
	if e.onShutdown.Panic != nil {
		panic(e.onShutdown.Panic) //nolint:forbidigo // this is what it is for
	}
	return e.onShutdown.Err
}

// Shutdowns returns how often Shutdown was called.
func (e *Exporter) Shutdowns() int { return int(e.down.Load()) }

// Begun returns how many calls of ExportSpans have begun.
func (e *Exporter) Begun() int { return int(e.begun.Load()) }

// Busy returns how many calls of ExportSpans have not returned.
func (e *Exporter) Busy() int { return int(e.busy.Load()) }

// Misuse returns how often the exporter was called while a call was running, or to export
// after Shutdown: both must never happen.
func (e *Exporter) Misuse() int { return int(e.overlaps.Load()) }

// Calls returns all calls that have returned, in the order in which they did. The caller must
// not change what they refer to.
func (e *Exporter) Calls() []Call {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clip(e.calls)
}

// Retained returns the slices that were kept.
func (e *Exporter) Retained() [][]sdktrace.ReadOnlySpan {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clip(e.retained)
}

// Exported returns the ids of all spans that were exported, in their order.
func (e *Exporter) Exported() []trace.SpanID {
	var ids []trace.SpanID
	for _, c := range e.Calls() {
		ids = append(ids, c.Exported...)
	}
	return ids
}
