// Http-chain sends the request of an outside caller through three services on loopback and prints the one
// trace that they make of it:
//
//	go run .
//
// The gate is at the edge of the system: it begins a new trace, which is linked to the caller's. The orders
// are a service that has otelhttp already. The stock knows only X-Trace-ID and X-Span-ID, as older services
// do.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "http-chain:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	s, err := start(ctx)
	if err != nil {
		return err
	}
	defer s.stop(ctx)
	for _, item := range []string{"tea", "unicorn", "anvil"} {
		status, err := s.buy(ctx, item, "00-0102030405060708090a0b0c0d0e0f10-0102030405060708-01")
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "a stranger buys %s: %s\n", item, status); err != nil {
			return err
		}
	}
	spans, err := s.spans(ctx)
	if err != nil {
		return err
	}
	return draw(out, spans)
}

// buy is the request of the outside caller.
func (s *system) buy(ctx context.Context, item, traceparent string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.gate+"/buy/"+item, http.NoBody)
	if err != nil {
		return "", err
	}
	r.Header.Set("Traceparent", traceparent)
	res, err := s.client.Do(r)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(io.Discard, res.Body)
	if err := res.Body.Close(); err != nil {
		return "", err
	}
	return res.Status, err
}
