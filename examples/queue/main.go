// Queue sends jobs through an embedded NATS server and prints the traces that they make:
//
//	go run .
//
// A job is sent by a producer and handled by a consumer, whose span is below the producer's. One job
// fails at first and is delivered again. A report takes several jobs at once, and is linked to all of them.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "queue:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second) // NATS asks for a deadline
	defer cancel()
	s, err := start(ctx)
	if err != nil {
		return err
	}
	defer s.stop(ctx)
	if err := s.work(ctx); err != nil {
		return err
	}
	spans, err := s.spans(ctx)
	if err != nil {
		return err
	}
	return draw(out, spans)
}

// work sends three jobs, handles them, and reports about them.
func (s *shop) work(ctx context.Context) error {
	for _, item := range []string{"tea", "anvil", "rope"} {
		if err := s.order(ctx, item); err != nil {
			return err
		}
	}
	// The anvil comes twice: its first delivery fails.
	for range 4 {
		if err := s.handleNext(ctx); err != nil {
			return err
		}
	}
	return s.report(ctx)
}
