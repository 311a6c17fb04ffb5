package page

import (
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/clip"
)

// traceInfo is what the list says of one trace. It goes on with each span; what was forgotten
// leaves the counts, but not the times.
type traceInfo struct {
	id            trace.TraceID
	number        uint64 // of its newest span
	spans, errors int
	forgot        int
	start, end    time.Time
	top           root
}

// root is the span that names a trace: the one without a parent if it is there, else one below a
// remote parent, else the one that started first.
type root struct {
	rank          int // 2, 1, 0; -1: none yet
	start         time.Time
	name, service string
	kind          string
	id            trace.SpanID
}

// enter counts a span in its trace, and says whether the span has failed.
func (s *store) enter(span sdktrace.ReadOnlySpan) (t *traceInfo, failed bool) {
	v := &s.view
	v.Read(span)
	defer v.Forget()
	id := v.Context.TraceID()
	if t = s.traces[id]; t == nil {
		t = &traceInfo{id: id, start: v.Start, end: v.End, top: root{rank: -1}}
		s.traces[id] = t
	}
	t.number = s.last
	t.spans++
	if failed = !v.OK(); failed {
		t.errors++
	}
	if v.Start.Before(t.start) {
		t.start = v.Start
	}
	if v.End.After(t.end) {
		t.end = v.End
	}
	rank := 0
	switch {
	case !v.Parent.SpanID().IsValid():
		rank = 2
	case v.Parent.IsRemote():
		rank = 1
	}
	if rank > t.top.rank || rank == t.top.rank && v.Start.Before(t.top.start) {
		t.top = root{rank, v.Start, shortened(v.Name), v.Service(), v.KindWord(), v.Context.SpanID()}
	}
	return t, failed
}

// longestName is how many bytes of a name the list shows.
const longestName = 200

// shortened cuts a name, and doesn't keep the rest alive.
func shortened(s string) string {
	if len(s) <= longestName {
		return s
	}
	return clip.Head(s, longestName) + "…"
}

// leave takes a span that is forgotten out of its trace.
func (s *store) leave(e *entry) {
	t := e.trace
	t.spans--
	t.forgot++
	if e.failed {
		t.errors--
	}
	if t.spans == 0 {
		delete(s.traces, t.id)
	}
}
