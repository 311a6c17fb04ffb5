package tree

import (
	"cmp"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"
)

const (
	// DefaultMaxSpans is how many spans wait for their root at most.
	DefaultMaxSpans = 10_000
	// DefaultMaxAge is how long a trace waits for its root at most.
	DefaultMaxAge = 10 * time.Second
	// patience is how long a trace that has its root waits after its last span, if others of it are
	// known to be on their way: a batch may end in the middle of a trace.
	patience = 500 * time.Millisecond
	// maxDrawn is how many traces are remembered as drawn, so that late spans are known as such.
	maxDrawn = 1024
)

// Collector gathers the spans of each trace until it is ready to be drawn. It is for one
// goroutine at a time.
type Collector struct {
	maxSpans int
	maxAge   time.Duration
	open     map[trace.TraceID]*Trace
	waiting  int
	arrival  int
	drawn    map[trace.TraceID]struct{}
	drawnIDs []trace.TraceID // a ring, the oldest at drawnAt
	drawnAt  int
}

// Trace is the spans of one trace that are drawn together.
type Trace struct {
	Spans []Span
	// Continued says that an earlier part of the trace was drawn already.
	Continued bool

	rooted      bool
	arrival     int
	looked      int       // how many spans it had when isWhole looked last
	since, last time.Time // when the first and the last span arrived
}

// due returns when t is to be drawn although spans of it may be missing.
func (t *Trace) due(maxAge time.Duration) time.Time {
	due := t.since.Add(maxAge)
	if soon := t.last.Add(patience); t.rooted && soon.Before(due) {
		return soon
	}
	return due
}

// isWhole reports whether every child that a span has started is there, and every parent in this
// process. Spans that were looked at once aren't looked at again before another arrives.
func (t *Trace) isWhole() bool {
	if t.looked == len(t.Spans) {
		return false
	}
	t.looked = len(t.Spans)
	nodes, _ := forest(t.Spans)
	return !slices.ContainsFunc(nodes, func(n node) bool { return n.orphan || n.missing > 0 })
}

// NewCollector returns a Collector that lets at most maxSpans spans wait, none longer
// than maxAge; below 1 they are [DefaultMaxSpans] and [DefaultMaxAge].
func NewCollector(maxSpans int, maxAge time.Duration) *Collector {
	if maxSpans < 1 {
		maxSpans = DefaultMaxSpans
	}
	if maxAge <= 0 {
		maxAge = DefaultMaxAge
	}
	return &Collector{
		maxSpans: maxSpans, maxAge: maxAge,
		open: make(map[trace.TraceID]*Trace), drawn: make(map[trace.TraceID]struct{}),
	}
}

// Add adds a span that arrived at now.
func (c *Collector) Add(now time.Time, s Span) {
	t := c.open[s.TraceID]
	if t == nil {
		_, continued := c.drawn[s.TraceID]
		c.arrival++
		t = &Trace{Continued: continued, rooted: continued, arrival: c.arrival, since: now}
		c.open[s.TraceID] = t
	}
	t.Spans = append(t.Spans, s)
	t.rooted, t.last = t.rooted || s.Local(), now
	c.waiting++
}

// Waiting returns how many spans wait.
func (c *Collector) Waiting() int { return c.waiting }

// Ready returns the traces that are ready at now, in the order in which their first spans
// arrived, and forgets them: those that are whole as far as their spans tell, and those that have
// waited for too long. Call it after each batch.
func (c *Collector) Ready(now time.Time) []Trace {
	ready := c.take(func(t *Trace) bool {
		return t.Continued || !now.Before(t.due(c.maxAge)) || t.rooted && t.isWhole()
	})
	if c.waiting <= c.maxSpans {
		return ready
	}
	for _, t := range c.oldest(everything) {
		if c.waiting <= c.maxSpans {
			break
		}
		ready = append(ready, c.remove(t))
	}
	return ready
}

// Due returns when the next trace will have waited for too long; ok is false if none waits.
func (c *Collector) Due() (at time.Time, ok bool) {
	for _, t := range c.open {
		if due := t.due(c.maxAge); !ok || due.Before(at) {
			at, ok = due, true
		}
	}
	return at, ok
}

// Rest returns all traces that wait, in the order in which their first spans arrived, and
// forgets them.
func (c *Collector) Rest() []Trace { return c.take(everything) }

func everything(*Trace) bool { return true }

func (c *Collector) take(want func(*Trace) bool) []Trace {
	var taken []Trace
	for _, t := range c.oldest(want) {
		taken = append(taken, c.remove(t))
	}
	return taken
}

// oldest returns the wanted traces in the order in which their first spans arrived.
func (c *Collector) oldest(want func(*Trace) bool) []*Trace {
	var wanted []*Trace
	for _, t := range c.open {
		if want(t) {
			wanted = append(wanted, t)
		}
	}
	slices.SortFunc(wanted, func(a, b *Trace) int { return cmp.Compare(a.arrival, b.arrival) })
	return wanted
}

func (c *Collector) remove(t *Trace) Trace {
	id := t.Spans[0].TraceID
	delete(c.open, id)
	c.waiting -= len(t.Spans)
	if _, known := c.drawn[id]; known {
		return *t
	}
	c.drawn[id] = struct{}{}
	if len(c.drawnIDs) < maxDrawn {
		c.drawnIDs = append(c.drawnIDs, id)
		return *t
	}
	delete(c.drawn, c.drawnIDs[c.drawnAt])
	c.drawnIDs[c.drawnAt] = id
	c.drawnAt = (c.drawnAt + 1) % maxDrawn
	return *t
}
