package page

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// traceList is the answer to GET /api/traces.
type traceList struct {
	state
	// Matched is how many traces have a span that the query finds; Items are the first of them.
	Matched int         `json:"matched"`
	Items   []traceItem `json:"items"`
	// SearchMS is how long the search took.
	SearchMS float64 `json:"search_ms"`
}

// traceItem is one trace of the list.
type traceItem struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Service string `json:"service"`
	Kind    string `json:"kind"`
	// Start is in Unix milliseconds, Duration in milliseconds.
	Start    float64 `json:"start_ms"`
	Duration float64 `json:"duration_ms"`
	Spans    int     `json:"spans"`
	Errors   int     `json:"errors"`
	// Rooted is true once the trace has a span without a parent in this process.
	Rooted    bool `json:"rooted"`
	Forgotten int  `json:"forgotten,omitempty"`
	// Matches is how many of its spans the query finds, First and FirstName the first of them; they
	// are only set if there is a query.
	Matches   int    `json:"matches,omitempty"`
	First     string `json:"first,omitempty"`
	FirstName string `json:"first_name,omitempty"`
	number    uint64
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (t *traceInfo) item() traceItem {
	return traceItem{
		ID: t.id.String(), Name: t.top.name, Service: t.top.service, Kind: t.top.kind,
		Start: float64(t.start.UnixMicro()) / 1000, Duration: milliseconds(max(t.end.Sub(t.start), 0)),
		Spans: t.spans, Errors: t.errors, Rooted: t.top.rank > 0, Forgotten: t.forgot, number: t.number,
	}
}

// items returns one item for each trace that was hit, or for all if hits is nil.
func (s *store) items(hits map[trace.TraceID]*hit) ([]traceItem, state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	items := make([]traceItem, 0, len(s.traces))
	for id, t := range s.traces {
		item := t.item()
		if hits != nil {
			h := hits[id]
			if h == nil {
				continue
			}
			item.Matches, item.First, item.FirstName = h.matches, h.first.String(), h.name
		}
		items = append(items, item)
	}
	return items, s.locked()
}

// orders are how the list can be sorted. Where two are equal the newer is first.
func orderOf(name string) (func(a, b *traceItem) int, bool) {
	switch name {
	case "", "errors":
		return func(a, b *traceItem) int { return cmp.Compare(min(b.Errors, 1), min(a.Errors, 1)) }, true
	case "newest":
		return func(*traceItem, *traceItem) int { return 0 }, true
	case "slowest":
		return func(a, b *traceItem) int { return cmp.Compare(b.Duration, a.Duration) }, true
	case "largest":
		return func(a, b *traceItem) int { return cmp.Compare(b.Spans, a.Spans) }, true
	}
	return nil, false
}

const (
	defaultTraces = 500
	mostTraces    = 10_000
)

// traces answers GET /api/traces.
func (h *handlers) traces(w http.ResponseWriter, r *http.Request) {
	q, ok := asked(w, r)
	if !ok {
		return
	}
	limit, ok := number(w, r, "limit", defaultTraces, 1, mostTraces)
	if !ok {
		return
	}
	order, ok := orderOf(r.URL.Query().Get("sort"))
	if !ok {
		fail(w, http.StatusBadRequest, "sort: want errors, newest, slowest or largest")
		return
	}
	var list traceList
	var hits map[trace.TraceID]*hit
	begin := time.Now()
	if !q.All() {
		done, err := h.turn(r.Context())
		if err != nil {
			fail(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		entries, _ := h.store.since(0)
		hits, err = newFinder(q).hits(r.Context(), entries)
		done()
		if err != nil {
			return
		}
	}
	list.Items, list.state = h.store.items(hits)
	list.Matched = len(list.Items)
	slices.SortFunc(list.Items, func(a, b traceItem) int { // a copy each, but a small one beside the search
		return cmp.Or(order(&a, &b), cmp.Compare(b.number, a.number))
	})
	list.Items = list.Items[:min(len(list.Items), int(limit))]
	list.SearchMS = milliseconds(time.Since(begin))
	answer(w, http.StatusOK, &list)
}
