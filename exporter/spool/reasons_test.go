package spool_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/spool"
)

// bytewise takes each byte of a body for a span.
type bytewise struct{}

func (bytewise) Cut(body []byte, limit int) []delivery.Batch {
	var parts []delivery.Batch
	for len(body) > 0 {
		n := max(min(limit, len(body)), 1)
		parts = append(parts, delivery.Batch{Body: body[:n], Spans: n})
		body = body[n:]
	}
	return parts
}

func (bytewise) Name([]byte) string { return "" }

// picky takes one span at a time and refuses each for a reason of its own.
type picky struct{}

func (picky) Send(_ context.Context, b delivery.Batch) delivery.Verdict {
	if b.Spans > 1 {
		return delivery.Verdict{Outcome: delivery.TooLarge, Err: errAway}
	}
	return delivery.Verdict{Outcome: delivery.Refused, Err: fmt.Errorf("reason %d", b.Body[0])}
}

func (picky) Close() error { return nil }

func TestReasonsAreBounded(t *testing.T) {
	t.Parallel()
	body := make([]byte, 50)
	for i := range body {
		body[i] = byte(i)
	}
	sender := delivery.NewSender(picky{}, delivery.Options{Cutter: bytewise{}})
	s, err := spool.Open(t.Context(), sender, spool.Options{Dir: t.TempDir() + "/spool", Connection: "test", Sync: spool.SyncNever})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close(context.Background()) }()
	err = s.Deliver(t.Context(), delivery.Batch{Body: body, Spans: len(body)})
	if _, _, spooled := result(t, err); spooled != len(body) {
		t.Errorf("%d spans are in dead/: %v", spooled, err)
	}
	if n := strings.Count(err.Error(), "reason "); n < 1 || n > 4 {
		t.Errorf("the error has %d reasons: %v", n, err)
	}
}
