package delivery_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/report"
)

// full is a destination that takes some spans and rejects others.
type full struct{}

func (full) Send(context.Context, delivery.Batch) delivery.Verdict {
	return delivery.Verdict{Rejected: 2, Message: "quota reached"}
}
func (full) Close() error { return nil }

func ExampleSender() {
	s := delivery.NewSender(full{}, delivery.Options{})
	err := s.Deliver(context.Background(), delivery.Batch{Body: []byte("..."), Spans: 5})
	fmt.Println(err)
	if spans, ok := errors.AsType[*report.Result](err); ok {
		fmt.Println(spans.SpanResult())
	}
	// Output:
	// 2 spans not delivered, 3 spans delivered: the destination rejected 2 of 5 spans: quota reached
	// 3 2 0
}
