package spool_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/spool"
)

// away is a destination that is down.
type away struct{}

func (away) Send(context.Context, delivery.Batch) delivery.Verdict {
	return delivery.Verdict{Outcome: delivery.Retry, Err: errors.New("connection refused")}
}
func (away) Close() error { return nil }

func ExampleOpen() {
	base, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(base) }()
	ctx := context.Background()
	sender := delivery.NewSender(away{}, delivery.Options{Once: true})
	s, err := spool.Open(ctx, sender, spool.Options{Dir: filepath.Join(base, "spool"), Connection: "collector"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Deliver(ctx, delivery.Batch{Body: []byte("..."), Spans: 3}))
	fmt.Println(s.Close(ctx))
	pending, _, _, _ := s.Counts()
	fmt.Println(pending, "spans wait for the next process")
	// Output:
	// 3 spans spooled: connection refused
	// <nil>
	// 3 spans wait for the next process
}
