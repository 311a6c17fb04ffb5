package otelbridge_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/tracehook/tracehook/otelbridge"
)

// A service that is run by others: its numbers on a port of their own, its metrics, and an end that
// loses nothing.
func Example_operate() {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond) // in place of a signal
	defer cancel()
	if err := operate(ctx, "testdata/operate.toml"); err != nil {
		fmt.Println(err)
	}
	fmt.Println("done")
	// Output: done
}

func operate(ctx context.Context, path string) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	bridge, err := otelbridge.Open(ctx, path,
		otelbridge.WithLogger(slog.Default()), otelbridge.WithMeterProvider(otel.GetMeterProvider()))
	if err != nil {
		return err // everything that is wrong, with line and column
	}
	defer func() { // runs last, when nothing ends spans any more
		if err := bridge.Shutdown(context.WithoutCancel(ctx)); err != nil {
			slog.Warn("spans were lost", "error", err)
		}
	}()
	bridge.Install() //nolint:contextcheck // a hook has the contexts of its callers

	operators := http.NewServeMux() // on a port that strangers don't reach
	operators.Handle("/trace/", http.StripPrefix("/trace", bridge.Handler()))
	server := &http.Server{Addr: "127.0.0.1:0", Handler: operators, ReadHeaderTimeout: time.Second}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", server.Addr)
	if err != nil {
		return err
	}
	go func() { _ = server.Serve(listener) }()

	<-ctx.Done()
	grace, done := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer done()
	if err := server.Shutdown(grace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
