package page

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/query"
)

// failure is the body of an answer that is an error.
type failure struct {
	Error string `json:"error"`
	// Query, At, Length and Caret say where a query is wrong; At and Length count bytes.
	Query  string `json:"query,omitempty"`
	At     int    `json:"at,omitempty"`
	Length int    `json:"length,omitempty"`
	Caret  string `json:"caret,omitempty"`
}

func fail(w http.ResponseWriter, code int, why string) { answer(w, code, failure{Error: why}) }

// answer writes v as JSON.
func answer(w http.ResponseWriter, code int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		code, body = http.StatusInternalServerError, []byte(`{"error":"the answer can't be written as JSON"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(append(body, '\n'))
}

// asked returns the query of a request; if the query is wrong, it says so to the client and returns false.
func asked(w http.ResponseWriter, r *http.Request) (*query.Query, bool) {
	q, err := query.Parse(r.URL.Query().Get("query"))
	if bad, ok := errors.AsType[*query.Error](err); ok {
		answer(w, http.StatusBadRequest, failure{bad.Problem, bad.Query, bad.At, bad.Length, bad.Caret()})
		return nil, false
	}
	return q, true
}

// number returns a parameter of a request, which must be from least to most; if it isn't, number says so
// to the client and returns false.
func number(w http.ResponseWriter, r *http.Request, name string, fallback, least, most uint64) (uint64, bool) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return fallback, true
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n < least || n > most {
		fail(w, http.StatusBadRequest, fmt.Sprintf("%s: want a whole number from %d to %d, have %.40q", name, least, most, text))
		return 0, false
	}
	return n, true
}

// id returns the trace id in a path; if there is none, it says so to the client and returns false.
func id(w http.ResponseWriter, r *http.Request) (trace.TraceID, bool) {
	id, err := trace.TraceIDFromHex(r.PathValue("id"))
	if err != nil {
		fail(w, http.StatusBadRequest, fmt.Sprintf("%.40q is no trace id: want 32 digits from 0 to 9 and a to f", r.PathValue("id")))
	}
	return id, err == nil
}

func gone(w http.ResponseWriter, id trace.TraceID) {
	fail(w, http.StatusNotFound, fmt.Sprintf("trace %s isn't here: it was forgotten for newer ones, or its spans haven't ended", id))
}

// stream writes an answer piece by piece, each with a deadline of its own.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func newStream(w http.ResponseWriter) stream { return stream{w, http.NewResponseController(w)} }

// write sends b at once. An error says that nobody reads any more.
func (s stream) write(b []byte) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	if _, err := s.w.Write(b); err != nil { //nolint:gosec // an event stream, which no browser renders, behind nosniff
		return err
	}
	return s.control.Flush()
}
