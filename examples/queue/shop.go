package main

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/propagation"

	"github.com/tracehook/tracehook/otelbridge/entry"
)

// The subjects of jobs, and of what was done.
const (
	orders = "orders"
	done   = "done"
)

// order sends a job.
func (s *shop) order(ctx context.Context, item string) error {
	return s.tracer.Invoke(ctx, "service", "order", func(ctx context.Context) error {
		return s.send(ctx, orders, item)
	})
}

// send publishes a message that says where it comes from.
func (s *shop) send(ctx context.Context, subject, text string) error {
	msg := nats.NewMsg(subject)
	msg.Data = []byte(text)
	e := entry.Entry{Kind: "queue", Key: subject, System: "nats", Carrier: propagation.HeaderCarrier(msg.Header)}
	return s.tracer.Send(ctx, e, func(ctx context.Context) error {
		_, err := s.stream.PublishMsg(msg, nats.Context(ctx))
		return err
	})
}

// handleNext takes one job and handles it. What fails is delivered again.
func (s *shop) handleNext(ctx context.Context) error {
	msgs, err := s.orders.Fetch(1, nats.Context(ctx))
	if err != nil {
		return err
	}
	msg := msgs[0]
	meta, err := msg.Metadata()
	if err != nil {
		return err
	}
	attempt := int(meta.NumDelivered)
	e := entry.Entry{
		Kind: "queue", Key: orders, System: "nats", Connection: "embedded", Attempt: attempt,
		Carrier: propagation.HeaderCarrier(msg.Header),
	}
	failed := s.tracer.Run(ctx, e, func(ctx context.Context) error {
		if string(msg.Data) == "anvil" && attempt == 1 {
			return entry.Retry(errors.New("too heavy for one"))
		}
		return s.send(ctx, done, string(msg.Data))
	})
	if failed != nil {
		return msg.Nak()
	}
	return msg.AckSync(nats.Context(ctx))
}

// report takes what was done at once.
func (s *shop) report(ctx context.Context) error {
	const jobs = 3
	e := entry.Entry{Kind: "queue", Key: "report", System: "nats"}
	var batch []*nats.Msg
	for len(batch) < jobs {
		msgs, err := s.done.Fetch(jobs-len(batch), nats.Context(ctx))
		if err != nil {
			return err
		}
		batch = append(batch, msgs...)
	}
	for _, msg := range batch {
		e.Batch = append(e.Batch, propagation.HeaderCarrier(msg.Header))
	}
	return s.tracer.Run(ctx, e, func(ctx context.Context) error {
		var all error
		for _, msg := range batch {
			all = errors.Join(all, msg.AckSync(nats.Context(ctx)))
		}
		return all
	})
}
