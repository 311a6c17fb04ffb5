package hold

import (
	"encoding/binary"
	mathbits "math/bits"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// The bounds where [Options] are zero.
const (
	DefaultWait          = 30 * time.Second
	DefaultMaxTraceSpans = 10_000
	DefaultMaxSpans      = 50_000
	DefaultMaxBytes      = 64 << 20
	DefaultMemory        = 100_000
)

// longestWait is the longest Wait: a sum of it and the time since New is still a time.
const longestWait = 100 * 365 * 24 * time.Hour

// Options bound what a [Hold] keeps, for the process.
type Options struct {
	// Wait is how long after the first end of a span a part is decided although it isn't complete.
	Wait time.Duration
	// MaxTraceSpans is how many spans of one part are held, MaxSpans and MaxBytes how many of all,
	// and how large.
	MaxTraceSpans, MaxSpans int
	MaxBytes                int64
	// Memory is how many decisions are remembered, and how many parts may be open.
	Memory int
	// Now is the time, for replays of what was recorded; nil is the time it is. With a Now, which must
	// never go back, parts that are due are decided when the next span starts or ends.
	Now func() time.Time
}

// Normalized returns o with the defaults in place of what is zero or negative.
func (o Options) Normalized() Options {
	o.Wait = min(positive(o.Wait, DefaultWait), longestWait)
	o.MaxTraceSpans = positive(o.MaxTraceSpans, DefaultMaxTraceSpans)
	o.MaxSpans = positive(o.MaxSpans, DefaultMaxSpans)
	o.MaxBytes = positive(o.MaxBytes, DefaultMaxBytes)
	o.Memory = positive(o.Memory, DefaultMemory)
	return o
}

func positive[T int | int64 | time.Duration](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}

// Cause is why a part was decided.
type Cause uint8

// The causes. All but Complete are early.
const (
	Complete Cause = iota
	ByWait
	BySize
	ByMemory
	ByReload
	ByShutdown
	Causes
)

// Sink is a connection, as far as the hold hands spans to it. Its methods may be called from any
// goroutine. The hold has a lock while it calls Load and Enter, and none otherwise.
type Sink interface {
	// Load is how full the connection's queue is, 0 to 1.
	Load() float64
	// Enter counts a span that has ended and is the hold's now.
	Enter()
	// Release hands over spans that have been decided about together. The slice is valid until
	// Release returns. It must not block.
	Release(all []Decided)
	// Late hands over one that came after the decision about its part, on the goroutine that has
	// ended it. It may block.
	Late(one *Decided)
	// Pass is Late for a span of a part that was decided when nothing could change it any more.
	Pass(one *Decided)
	// Count counts a part that was decided for that cause.
	Count(c Cause)
}

// Decided is a span with what was decided about it.
type Decided struct {
	Span    decision.Span
	Bytes   int64 // an estimate of what it takes
	Verdict decision.Verdict
}

// Connection is a connection that wants whole traces.
type Connection struct {
	// Name tells connections of the same process apart, and says which of them are the same
	// before and after a reload.
	Name   string
	Policy decision.TraceDecider
	Sink   Sink

	traits decision.TraceTraits
}

const shards = 64

// Hold is made by [New]. It does nothing until [Hold.Reload] names connections.
type Hold struct {
	options  Options
	seeds    [2]uint64 // so that callers can't choose trace ids that share a shard
	start    time.Time
	shards   [shards]shard
	timer    timer
	armed    atomic.Bool // the timer is
	releases sync.Pool   // of *release
	rooms    sync.Pool   // of *[]vote

	spans, bytes atomic.Int64 // held
	counts       counts
}

// New returns a Hold without connections.
func New(o Options) *Hold {
	h := &Hold{options: o.Normalized(), seeds: [2]uint64{rand.Uint64(), rand.Uint64()}, start: time.Now()}
	if o.Now != nil {
		h.start = o.Now()
	}
	for i := range h.shards {
		h.shards[i].init(h)
	}
	h.timer.init(h)
	return h
}

// now is the time since New, in nanoseconds; never 0.
func (h *Hold) now() int64 {
	if h.options.Now != nil {
		return int64(h.options.Now().Sub(h.start)) + 1
	}
	return int64(time.Since(h.start)) + 1
}

// catchUp decides about parts that are due, where no timer does.
func (h *Hold) catchUp() {
	if h.options.Now != nil {
		h.sweep(h.now())
	}
}

// key hashes a trace id.
func (h *Hold) key(id *trace.TraceID) uint64 {
	hi, lo := mathbits.Mul64(binary.BigEndian.Uint64(id[8:])^h.seeds[0], binary.BigEndian.Uint64(id[:8])^h.seeds[1])
	return hi ^ lo
}

// Set is the connections that are in force together. It never changes.
type Set struct{ conns []Connection }

// NewSet returns a Set of conns, which have different names.
func NewSet(conns ...Connection) *Set {
	s := &Set{conns: slices.Clone(conns)}
	for i := range s.conns {
		s.conns[i].traits = s.conns[i].Policy.Traits()
	}
	return s
}

func (s *Set) index(name string) int {
	return slices.IndexFunc(s.conns, func(c Connection) bool { return c.Name == name })
}

// vote sets all to what the connections say about s.
func (s *Set) vote(all []vote, sp *decision.Span) {
	for i := 0; i < len(s.conns); {
		i = s.voteFrom(all, sp, i)
	}
}

// voteFrom asks the policies from next on, and returns where to go on after one has panicked: the
// process must not suffer from that, and the span is kept if it is sampled.
func (s *Set) voteFrom(all []vote, sp *decision.Span, next int) (end int) {
	at := next
	defer func() {
		if at == len(s.conns) {
			return
		}
		_ = recover()
		all[at] = vote{Vote: decision.Vote{Rule: -1, Reason: decision.ByRate, Randomness: sp.State.Randomness}}
		if !sp.Context.IsSampled() {
			all[at].Floor = decision.Never
		}
		end = at + 1
	}()
	for ; at < len(s.conns); at++ {
		all[at].waits, all[at].none = false, false
		s.conns[at].Policy.Vote(&all[at].Vote, sp)
	}
	return at
}
