package page

import (
	"encoding/json"
	"net/http"
	"time"
)

const (
	// eventsEvery is how long a browser has between two events.
	eventsEvery = 200 * time.Millisecond
	// pulse is after how long without an event a comment says that all is well.
	pulse = 15 * time.Second
)

// events answers GET /api/events: a server-sent event "change" at first, and whenever spans have
// come since.
func (h *handlers) events(w http.ResponseWriter, r *http.Request) {
	end, ok := h.stream(w)
	if !ok {
		return
	}
	defer end()
	w.Header().Set("Content-Type", "text/event-stream")
	s := newStream(w)
	wake, stop := h.store.wake()
	defer stop()
	text := []byte("retry: 1000\n")
	for {
		body, err := json.Marshal(h.store.state())
		if err != nil {
			return
		}
		text = append(append(append(text, "event: change\ndata: "...), body...), "\n\n"...)
		if s.write(text) != nil || !h.pause(r, eventsEvery) {
			return
		}
		for waiting := true; waiting; {
			select {
			case <-wake:
				waiting = false
			case <-time.After(pulse):
				if s.write([]byte(":\n\n")) != nil {
					return
				}
			case <-r.Context().Done():
				return
			case <-h.stop:
				return
			}
		}
		text = text[:0]
	}
}

// pause waits, and says whether to go on.
func (h *handlers) pause(r *http.Request, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-r.Context().Done():
		return false
	case <-h.stop:
		return false
	}
}

// connections answers GET /api/connections.
func (h *handlers) connections(w http.ResponseWriter, _ *http.Request) {
	said := struct {
		Page        state `json:"page"`
		Connections any   `json:"connections"`
	}{Page: h.store.state()}
	if h.inspector != nil {
		said.Connections = h.inspector.Connections()
	}
	answer(w, http.StatusOK, said)
}
