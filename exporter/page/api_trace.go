package page

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/tree"
)

// spansOfLine is how many spans a line of a trace has, where a reader asks for lines.
const spansOfLine = 100

// trace answers GET /api/traces/{id}: one OTLP JSON message, or lines of them for a client that
// accepts application/x-ndjson.
func (h *handlers) trace(w http.ResponseWriter, r *http.Request) {
	spans, ok := h.of(w, r)
	if !ok {
		return
	}
	encoder := encode.NewOTLPJSON(encode.OTLPOptions{})
	if !strings.Contains(r.Header.Get("Accept"), "application/x-ndjson") {
		w.Header().Set("Content-Type", "application/json")
		_ = newStream(w).write(encoder.Append(nil, spans))
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	s := newStream(w)
	var buf []byte
	for part := range slices.Chunk(spans, spansOfLine) {
		buf = encoder.Append(buf[:0], part)
		if s.write(buf) != nil {
			return
		}
	}
}

// of returns the spans of the trace that a request names; if there are none, it says so to the client
// and returns false.
func (h *handlers) of(w http.ResponseWriter, r *http.Request) ([]sdktrace.ReadOnlySpan, bool) {
	id, ok := id(w, r)
	if !ok {
		return nil, false
	}
	spans, last := h.store.of(id)
	if len(spans) == 0 {
		gone(w, id)
		return nil, false
	}
	w.Header().Set(lastHeader, strconv.FormatUint(last, 10))
	return spans, true
}

// tree answers GET /api/traces/{id}/tree: the trace as text.
func (h *handlers) tree(w http.ResponseWriter, r *http.Request) {
	width, ok := number(w, r, "width", tree.DefaultWidth, 60, 1000)
	if !ok {
		return
	}
	spans, ok := h.of(w, r)
	if !ok {
		return
	}
	var view encode.View
	t := tree.Trace{}
	for _, s := range spans {
		view.Read(s)
		t.Spans = append(t.Spans, tree.FromView(&view))
	}
	style := tree.Style{Width: int(width)}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_ = newStream(w).write(style.Append(nil, t))
}

// matches answers GET /api/traces/{id}/matches: the ids of the spans that a query finds.
func (h *handlers) matches(w http.ResponseWriter, r *http.Request) {
	q, ok := asked(w, r)
	if !ok {
		return
	}
	spans, ok := h.of(w, r)
	if !ok {
		return
	}
	done, err := h.turn(r.Context())
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	defer done()
	entries := make([]entry, len(spans))
	for i, s := range spans {
		entries[i].span = s
	}
	found := struct {
		Spans []string `json:"spans"`
	}{[]string{}}
	if newFinder(q).each(r.Context(), entries, func(e *entry) bool {
		found.Spans = append(found.Spans, e.span.SpanContext().SpanID().String())
		return true
	}) == nil {
		answer(w, http.StatusOK, found)
	}
}

// decisions answers GET /api/traces/{id}/decisions?span=: what each connection decides about a
// span.
func (h *handlers) decisions(w http.ResponseWriter, r *http.Request) {
	spans, ok := h.of(w, r)
	if !ok {
		return
	}
	wanted := strings.ToLower(r.URL.Query().Get("span"))
	for _, s := range spans {
		if s.SpanContext().SpanID().String() != wanted {
			continue
		}
		said := struct {
			Decisions []exporter.Decision `json:"decisions"`
		}{[]exporter.Decision{}}
		if h.inspector != nil {
			said.Decisions = append(said.Decisions, h.inspector.Decisions(s)...)
		}
		answer(w, http.StatusOK, said)
		return
	}
	fail(w, http.StatusNotFound, "the trace has no span of this id here")
}
