package otelbridge_test

import (
	"context"
	"errors"
	"fmt"
	"net"
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
	closed, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	hanging, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0") // the kernel accepts; nobody ever reads
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hanging.Close() })
	const limit = time.Second
	hole := otlptest.BlackHole(t)
	for _, where := range []struct{ name, address string }{{"refused", refused}, {"hanging", hanging.Addr().String()}, {"black hole", hole}} {
		for _, protocol := range []string{"http/protobuf", "grpc"} {
			for _, spans := range []int{10, 10_000} {
				for _, spool := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s %s %d spool=%v", where.name, protocol, spans, spool), func(t *testing.T) {
						t.Parallel()
						toml := fmt.Sprintf("[otel]\nshutdown_timeout = %q\n[trace.c]\ndriver = \"otlp\"\nbuffer = 20000\nsample = { dynamic = false }\n"+
							"setting = { endpoint = %q, protocol = %q }\n", limit, "http://"+where.address, protocol)
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
						tracer := b.TracerProvider().Tracer("exit")
						for range spans {
							_, s := tracer.Start(t.Context(), "n")
							s.End()
						}
						start := time.Now()
						err = b.Shutdown(context.Background())
						took := time.Since(start)
						t.Logf("%v", took.Round(time.Millisecond))
						// Wide, because machines are busy: without the bound it is minutes.
						if took > 10*limit {
							t.Errorf("the shutdown took %v", took)
						}
						c := b.Stats().Connections["c"]
						var loss *otelbridge.LossError
						switch {
						case spool && (err != nil || c.Spooled != int64(spans)):
							t.Errorf("%d of %d spans are in the spool: %v", c.Spooled, spans, err)
						case !spool && !errors.As(err, &loss):
							t.Errorf("the error %v doesn't say what was lost", err)
						case !spool && loss.Connections["c"].Failed+loss.Connections["c"].Abandoned+loss.Connections["c"].Dropped != int64(spans):
							t.Errorf("%d spans, of which %+v were lost; the account is %+v", spans, loss.Connections["c"], c.Counters)
						}
					})
				}
			}
		}
	}
}
