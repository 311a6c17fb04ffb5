package decision

import (
	"strings"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Reader reads ended spans and remembers the last few tracestates, since most spans of a
// process have one of a handful. The zero value is ready to use, from any goroutine.
type Reader struct {
	slots  [readerSlots]atomic.Pointer[seen]
	fills  atomic.Int32
	second atomic.Int64 // in which fills was last lowered
}

const (
	readerSlots = 16
	// readerFills is how often a Reader remembers something, and readerRefills how often in each
	// second after that: a process whose tracestates never repeat parses them, and leaves the
	// allocator in peace.
	readerFills   = 1024
	readerRefills = 16
	// readerMember is the longest member that is remembered.
	readerMember = 64
)

// seen is a tracestate and what it says, whatever the trace id.
type seen struct {
	ot      string
	members int
	state   State
}

// Read sets dst to what [Read] returns for s.
func (r *Reader) Read(dst *Span, s sdktrace.ReadOnlySpan) { r.ReadFor(dst, s, true) }

// ReadFor is Read, but leaves Duration 0 where nobody wants it: each method of an ended span
// copies it.
func (r *Reader) ReadFor(dst *Span, s sdktrace.ReadOnlySpan, wantsDuration bool) {
	dst.Origin, dst.Recorded, dst.Export, dst.Entry = Foreign, Always, false, nil
	dst.Ended = s
	dst.Context = s.SpanContext()
	r.readState(&dst.State, dst.Context.TraceState(), dst.Context.TraceID())
	dst.Duration = 0
	if wantsDuration {
		dst.Duration = duration(s)
	}
	dst.Error = failed(s)
}

// State is [ReadState].
func (r *Reader) State(ts trace.TraceState, id trace.TraceID) (st State) {
	r.readState(&st, ts, id)
	return st
}

func (r *Reader) readState(dst *State, ts trace.TraceState, id trace.TraceID) {
	n := ts.Len()
	if n == 0 {
		*dst = State{Randomness: TraceRandomness(id), Plain: true}
		return
	}
	ot := ts.Get(otKey)
	slot := &r.slots[readerSlot(ot)]
	if p := slot.Load(); p != nil && p.ot == ot && p.members == n {
		*dst = p.state
	} else {
		*dst = parseState(ot, n)
		if !dst.HasRandomness && len(ot) <= readerMember && r.mayFill() {
			// A clone: ot may be a piece of something big.
			slot.Store(&seen{ot: strings.Clone(ot), members: n, state: *dst})
		}
	}
	dst.settle(id)
}

func (r *Reader) mayFill() bool {
	if r.fills.Load() < readerFills {
		r.fills.Add(1)
		return true
	}
	now, before := time.Now().Unix(), r.second.Load()
	if now == before || !r.second.CompareAndSwap(before, now) {
		return false
	}
	r.fills.Store(readerFills - readerRefills)
	return true
}

// readerSlot tells thresholds apart by their length and last digits.
func readerSlot(ot string) byte {
	h := byte(len(ot))
	if ot != "" {
		h += ot[len(ot)-1]*7 + ot[len(ot)/2]*3
	}
	return h % readerSlots
}

func duration(s sdktrace.ReadOnlySpan) time.Duration { return max(s.EndTime().Sub(s.StartTime()), 0) }
