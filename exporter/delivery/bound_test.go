package delivery_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// answering returns a transport to a server that answers as answer does.
func answering(t *testing.T, answer http.HandlerFunc) *delivery.HTTP {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	h, err := delivery.NewHTTP(delivery.HTTPOptions{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// A header is read whole before anybody can look at it.
func TestHeadersOfAnAnswerAreBounded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		bytes int
		want  delivery.Outcome
	}{{32 << 10, delivery.Delivered}, {128 << 10, delivery.Barred}} {
		h := answering(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Long", strings.Repeat("a", tt.bytes)) })
		if v := h.Send(t.Context(), batch()); v.Outcome != tt.want {
			t.Errorf("an answer with a header of %d bytes is %v, %v; want %v", tt.bytes, v.Outcome, v.Err, tt.want)
		}
	}
}

// A server that goes on answering is left, and what it said by then can't be read.
func TestBodiesOfAnswersAreBounded(t *testing.T) {
	t.Parallel()
	const much = 64 << 20
	for _, status := range []int{http.StatusOK, http.StatusBadRequest} {
		var written atomic.Int64
		ended := make(chan struct{})
		h := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			defer close(ended)
			w.Header().Set("Content-Type", "application/x-protobuf")
			w.WriteHeader(status)
			for written.Load() < much {
				n, err := w.Write(make([]byte, 64<<10))
				written.Add(int64(n))
				if err != nil {
					return
				}
			}
		})
		if v := h.Send(t.Context(), batch()); v.Outcome != delivery.Refused {
			t.Errorf("%d with an endless body is %v", status, v.Outcome)
		}
		<-ended
		if written.Load() >= much/2 {
			t.Errorf("%d bytes of an answer were taken", written.Load())
		}
	}
}
