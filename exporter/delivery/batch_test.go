package delivery_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/test/otlptest"
)

// stack is a network stack that keeps the bodies of requests, or closes them, and fails.
type stack struct {
	keep   bool
	bodies []io.ReadCloser
}

func (s *stack) RoundTrip(r *http.Request) (*http.Response, error) {
	again, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	for _, body := range []io.ReadCloser{r.Body, again} {
		if s.keep {
			s.bodies = append(s.bodies, body)
			continue
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			return nil, err
		}
		_ = body.Close()
		_ = body.Close()
	}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
}

// A network stack may read a body after the request has ended: such a body isn't used again.
func TestBodiesAreRecycledWhenNobodyReadsThem(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{false, true} {
		s := &stack{keep: keep}
		web, err := delivery.NewHTTP(delivery.HTTPOptions{URL: "http://h/", RoundTripper: s})
		if err != nil {
			t.Fatal(err)
		}
		recycled := 0
		e := delivery.New(t.Context(), delivery.Config{Transport: web, Encode: func(spans []sdktrace.ReadOnlySpan) (delivery.Batch, error) {
			return delivery.Batch{Body: []byte("body"), Spans: len(spans), Recycle: func([]byte) { recycled++ }}, nil
		}})
		if err := e.ExportSpans(t.Context(), otlptest.Spans(1, 1)); err != nil {
			t.Fatal(err)
		}
		if want := map[bool]int{false: 1, true: 0}[keep]; recycled != want {
			t.Errorf("kept %t: recycled %d times, want %d", keep, recycled, want)
		}
		for _, body := range s.bodies {
			if got, err := io.ReadAll(body); string(got) != "body" || err != nil {
				t.Errorf("read %q, %v", got, err)
			}
			_ = body.Close()
			if n, err := body.Read(make([]byte, 4)); n != 0 || err == nil {
				t.Errorf("read %d bytes after Close", n)
			}
		}
	}
}

// A store keeps bodies for as long as it likes.
func TestAStoreKeepsBodies(t *testing.T) {
	t.Parallel()
	e := delivery.New(t.Context(), delivery.Config{
		Transport: &transport{},
		Encode: func(spans []sdktrace.ReadOnlySpan) (delivery.Batch, error) {
			return delivery.Batch{Body: []byte("body"), Spans: len(spans), Recycle: func([]byte) { t.Error("recycled") }}, nil
		},
	})
	e.Keep(keeper{})
	if err := e.ExportSpans(t.Context(), otlptest.Spans(1, 1)); err != nil {
		t.Error(err)
	}
}

type keeper struct{}

func (keeper) Deliver(context.Context, delivery.Batch) error { return nil }
func (keeper) Put(delivery.Batch) error                      { return nil }
func (keeper) Close(context.Context) error                   { return nil }

// Bodies that come back are used again while others are under way, and none is changed
// under a reader.
func TestRecycledBodiesAreWholeConcurrentSafe(t *testing.T) {
	t.Parallel()
	r := otlptest.NewHTTP(t)
	web, err := delivery.NewHTTP(delivery.HTTPOptions{URL: r.URL()})
	if err != nil {
		t.Fatal(err)
	}
	var free sync.Pool
	e := delivery.New(t.Context(), delivery.Config{Transport: web, Encode: func(spans []sdktrace.ReadOnlySpan) (delivery.Batch, error) {
		var body []byte
		if kept, ok := free.Get().(*[]byte); ok {
			body = *kept
		}
		body = append(body[:0], []byte(strings.Repeat("\x0a\x00", 1000*len(spans)))...) // empty resources
		return delivery.Batch{Body: body, Spans: len(spans), Recycle: func(b []byte) {
			clear(b)
			free.Put(&b)
		}}, nil
	}})
	var exports sync.WaitGroup
	for i := range 4 {
		exports.Go(func() {
			for range 50 {
				if err := e.ExportSpans(t.Context(), otlptest.Spans(1, 1+i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	exports.Wait()
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
