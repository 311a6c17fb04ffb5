package main

import (
	"context"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"
)

// Consumers are below their producers, a second attempt too, and a batch is linked to all.
func TestQueue(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(context.Background(), &out); err != nil { // as main does
		t.Fatal(err)
	}
	want := `internal service:order
  producer queue:orders
    consumer queue:orders attempt=1
      producer queue:done
internal service:order
  producer queue:orders
    consumer queue:orders attempt=1 tracehook.status=retry ERROR too heavy for one
    consumer queue:orders attempt=2
      producer queue:done
internal service:order
  producer queue:orders
    consumer queue:orders attempt=1
      producer queue:done
consumer queue:report linked to 3
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}

// The links of the batch are the spans that have sent its messages.
func TestLinks(t *testing.T) {
	t.Parallel()
	s, err := start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop(t.Context())
	if err := s.work(t.Context()); err != nil {
		t.Fatal(err)
	}
	spans, err := s.spans(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var senders, linked []trace.SpanID
	for _, span := range spans {
		switch span.Name() {
		case "queue:done":
			senders = append(senders, span.SpanContext().SpanID())
		case "queue:report":
			for _, l := range span.Links() {
				linked = append(linked, l.SpanContext.SpanID())
			}
		}
	}
	byID := func(a, b trace.SpanID) int { return strings.Compare(a.String(), b.String()) }
	slices.SortFunc(senders, byID)
	slices.SortFunc(linked, byID)
	if len(senders) != 3 || !slices.Equal(senders, linked) {
		t.Errorf("linked to %v, sent by %v", linked, senders)
	}
}
