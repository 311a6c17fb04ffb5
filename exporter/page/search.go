package page

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/query"
	"github.com/tracehook/tracehook/internal/query/live"
)

const (
	// searchesAtOnce is how many searches run at a time; others wait for their turn.
	searchesAtOnce = 2
	// askEvery is after how many spans a search asks whether somebody still waits for it.
	askEvery = 256
)

// finder asks a query about spans.
type finder struct {
	matcher *query.Matcher
	reader  live.Reader
	span    query.Span
}

func newFinder(q *query.Query) *finder { return &finder{matcher: q.Matcher()} }

func (f *finder) match(e *entry) bool {
	f.reader.Read(&f.span, e.span)
	return f.matcher.Match(&f.span)
}

// each calls found for every entry that matches, until it returns false.
func (f *finder) each(ctx context.Context, entries []entry, found func(e *entry) bool) error {
	for i := range entries {
		if i%askEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if f.match(&entries[i]) && !found(&entries[i]) {
			return nil
		}
	}
	return nil
}

// errBusy says that a search did not get its turn.
var errBusy = errors.New("too many searches are running")

// turn waits until another search may run.
func (h *handlers) turn(ctx context.Context) (done func(), err error) {
	select {
	case h.searches <- struct{}{}:
		return func() { <-h.searches }, nil
	case <-ctx.Done():
		return nil, errBusy
	case <-h.stop:
		return nil, errBusy
	}
}

// hit is what a search found in one trace.
type hit struct {
	matches int
	first   trace.SpanID
	name    string
}

// hits searches all spans, and says what was found in each trace.
func (f *finder) hits(ctx context.Context, entries []entry) (map[trace.TraceID]*hit, error) {
	all := make(map[trace.TraceID]*hit)
	err := f.each(ctx, entries, func(e *entry) bool {
		sc := e.span.SpanContext()
		h := all[sc.TraceID()]
		if h == nil {
			h = &hit{first: sc.SpanID(), name: shortened(e.span.Name())}
			all[sc.TraceID()] = h
		}
		h.matches++
		return true
	})
	return all, err
}
