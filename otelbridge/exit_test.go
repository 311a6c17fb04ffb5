package otelbridge_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/test/otlptest"
)

// A destination that is down doesn't keep a process from ending: a shutdown without a deadline takes
// the configured time at most, however many spans wait, and with a spool none of them is lost.
func TestAProcessEndsWhileItsDestinationIsDown(t *testing.T) {
	t.Parallel()
	refusing := otlptest.NewHTTP(t)
	refusing.Down()
	hanging, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0") // the kernel accepts; nobody ever reads
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hanging.Close() })
	hole := otlptest.BlackHole(t)
	for _, where := range []struct{ name, address string }{{"refused", refusing.Address()}, {"hanging", hanging.Addr().String()}, {"black hole", hole}} {
		for _, protocol := range []string{"http/protobuf", "grpc"} {
			for _, spans := range []int{10, 10_000} {
				for _, spool := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s %s %d spool=%v", where.name, protocol, spans, spool), func(t *testing.T) {
						t.Parallel()
						limit := time.Second
						err := exit(t, where.address, protocol, spans, spool, limit)
						// A busy machine may take longer than half a second to write all of them.
						for spool && err != nil && limit < 30*time.Second {
							limit *= 4
							err = exit(t, where.address, protocol, spans, spool, limit)
						}
						if err != nil {
							t.Error(err)
						}
					})
				}
			}
		}
	}
}

// lifetime begins to measure time, but for that in which the machine lets nothing of this process run.
func lifetime(t *testing.T) func() time.Duration {
	t.Helper()
	const step = 10 * time.Millisecond
	var steps atomic.Int64
	tick := time.NewTicker(step)
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-tick.C:
				steps.Add(1)
			case <-stop:
				return
			}
		}
	}()
	return func() time.Duration {
		tick.Stop()
		close(stop)
		return time.Duration(steps.Load()) * step
	}
}

// exit ends a process with so many spans that wait for what is at the address, and returns what is
// wrong with that.
func exit(t *testing.T, address, protocol string, spans int, spool bool, limit time.Duration) error {
	t.Helper()
	toml := fmt.Sprintf("[otel]\nshutdown_timeout = %q\n[trace.c]\ndriver = \"otlp\"\nbuffer = 20000\nsample = { dynamic = false }\n"+
		"setting = { endpoint = %q, protocol = %q }\n", limit, "http://"+address, protocol)
	if spool {
		toml += fmt.Sprintf("spool = { dir = %q }\n", t.TempDir())
	}
	cfg, err := config.Parse([]byte(toml), "toml")
	if err != nil {
		t.Fatal(err)
	}
	b, err := otelbridge.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	end(t, b.TracerProvider().Tracer("exit"), spans)
	lived := lifetime(t)
	err = b.Shutdown(context.Background())
	// Wide, because machines are busy: without the limit it is minutes.
	if took := lived(); took > limit+20*time.Second {
		t.Errorf("the shutdown took %v, and its limit is %v", took, limit)
	}
	c := b.Stats().Connections["c"]
	if spool {
		if err != nil || c.Spooled != int64(spans) {
			return fmt.Errorf("%d of %d spans are in the spool within %v: %w", c.Spooled, spans, limit, err)
		}
		return nil
	}
	lost, ok := errors.AsType[*otelbridge.LossError](err)
	if !ok {
		return fmt.Errorf("the error %w doesn't say what was lost", err)
	}
	if l := lost.Connections["c"]; l.Failed+l.Abandoned+l.Dropped != int64(spans) {
		return fmt.Errorf("%d spans, of which %+v were lost; the account is %+v", spans, l, c.Counters)
	}
	return nil
}
