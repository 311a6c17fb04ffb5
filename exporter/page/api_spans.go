package page

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/encode"
)

const (
	defaultLimit = 1000
	mostLimit    = 100_000
	// lastHeader says the number of the last span that was looked at: an answer after it goes on there.
	lastHeader = "Tracehook-Last"
	// piece is how many bytes are written at a time.
	piece = 64 << 10
)

// spans answers GET /api/spans.
func (h *handlers) spans(w http.ResponseWriter, r *http.Request) {
	q, ok := asked(w, r)
	if !ok {
		return
	}
	limit, ok := number(w, r, "limit", defaultLimit, 1, mostLimit)
	if !ok {
		return
	}
	after, ok := h.after(w, r)
	if !ok {
		return
	}
	lines := &lines{find: newFinder(q), encoder: encode.NewOTLPJSON(encode.OTLPOptions{})}
	switch follow := r.URL.Query().Get("follow"); follow {
	case "1", "true":
		h.follow(w, r, lines, after)
	case "", "0", "false":
		h.once(w, r, lines, after, int(limit))
	default:
		fail(w, http.StatusBadRequest, fmt.Sprintf("follow: want 1 or 0, have %.40q", follow))
	}
}

// after returns behind which span the answer begins.
func (h *handlers) after(w http.ResponseWriter, r *http.Request) (uint64, bool) {
	if r.URL.Query().Get("after") == "latest" {
		return h.store.state().Last, true
	}
	return number(w, r, "after", 0, 0, 1<<63)
}

// once writes at most limit spans. The Link header says where the next ones are.
func (h *handlers) once(w http.ResponseWriter, r *http.Request, l *lines, after uint64, limit int) {
	done, err := h.turn(r.Context())
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	var found []sdktrace.ReadOnlySpan
	var last uint64
	more := false
	entries, now := h.store.since(after)
	err = l.find.each(r.Context(), entries, func(e *entry) bool {
		if len(found) == limit {
			more = true
			return false
		}
		found, last = append(found, e.span), e.number
		return true
	})
	if !more {
		last = now.Last
	}
	done()
	if err != nil {
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set(lastHeader, strconv.FormatUint(last, 10))
	if more {
		next := url.Values{"query": {r.URL.Query().Get("query")}, "limit": {strconv.Itoa(limit)}, "after": {strconv.FormatUint(last, 10)}}
		w.Header().Set("Link", "</api/spans?"+next.Encode()+`>; rel="next"`)
	}
	_ = l.send(newStream(w), found)
}

// follow writes spans as they come, until nobody reads.
func (h *handlers) follow(w http.ResponseWriter, r *http.Request, l *lines, after uint64) {
	end, ok := h.stream(w)
	if !ok {
		return
	}
	defer end()
	w.Header().Set("Content-Type", "application/x-ndjson")
	s := newStream(w)
	wake, stop := h.store.wake()
	defer stop()
	for {
		entries, now := h.store.since(after)
		if missed := now.Last - after - uint64(len(entries)); after > 0 && missed > 0 && missed <= now.Last {
			l.buf = fmt.Appendf(l.buf, `{"resourceSpans":[],"missed":%d}`+"\n", missed)
		}
		after = now.Last
		if h.write(r.Context(), s, l, entries) != nil {
			return
		}
		select {
		case <-wake:
		case <-r.Context().Done():
			return
		case <-h.stop:
			return
		}
	}
}

// write writes those of entries that match, and an empty piece if there are none, so that the
// reader sees that it is followed.
func (h *handlers) write(ctx context.Context, s stream, l *lines, entries []entry) error {
	done, err := h.turn(ctx)
	if err != nil {
		return err
	}
	var found []sdktrace.ReadOnlySpan
	err = l.find.each(ctx, entries, func(e *entry) bool {
		found = append(found, e.span)
		return true
	})
	done() // before anybody waits for a reader
	if err != nil {
		return err
	}
	return l.send(s, found)
}

// stream makes an answer one of the bounded number of those that follow; if there are too many, it
// says so to the client and returns false.
func (h *handlers) stream(w http.ResponseWriter) (end func(), ok bool) {
	select {
	case h.streams <- struct{}{}:
		return func() { <-h.streams }, true
	default:
		fail(w, http.StatusServiceUnavailable, fmt.Sprintf("%d requests follow already", streamsAtOnce))
		return nil, false
	}
}

// lines writes spans as lines of OTLP JSON.
type lines struct {
	find    *finder
	encoder *encode.OTLP
	buf     []byte
}

// send writes spans, piece by piece.
func (l *lines) send(s stream, spans []sdktrace.ReadOnlySpan) error {
	for i := range spans {
		if l.buf = l.encoder.Append(l.buf, spans[i:i+1]); len(l.buf) >= piece {
			if err := l.flush(s); err != nil {
				return err
			}
		}
	}
	return l.flush(s)
}

func (l *lines) flush(s stream) error {
	err := s.write(l.buf)
	l.buf = l.buf[:0]
	if cap(l.buf) > 16*piece {
		l.buf = nil
	}
	return err
}
