// Collector is a process in front of a gateway of OpenTelemetry Collectors: it samples by
// trace id, sends every error, and keeps on disk what can't be delivered. front.yaml and
// tail.yaml beside it configure the two tiers of the gateway.
//
//	go run ./examples/collector                       # to http://127.0.0.1:4318
//	COLLECTOR=http://gateway:4318 go run ./examples/collector
//
// Without a Collector it says how many spans are in the spool; run it again when there is
// one, and they arrive.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

//go:embed trace.toml
var traceTOML []byte

func main() {
	if err := run(context.Background(), os.Stdout, os.Environ); err != nil {
		fmt.Fprintln(os.Stderr, "collector:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, environ func() []string) error {
	cfg, err := config.Parse(traceTOML, "toml", config.WithEnviron(environ))
	if err != nil {
		return err
	}
	bridge, err := otelbridge.New(ctx, cfg)
	if err != nil {
		return err
	}
	shop(ctx, bridge.TracerProvider().Tracer("examples/collector"))
	flush, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	delivery := bridge.ForceFlush(flush)
	closing := bridge.Shutdown(flush)
	_, err = io.WriteString(out, report(bridge.Stats(), errors.Join(delivery, closing)))
	return err
}

// shop does the work that is traced: 200 requests, of which every tenth fails.
func shop(ctx context.Context, tracer trace.Tracer) {
	for i := range 200 {
		ctx, request := tracer.Start(ctx, "POST /orders", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attribute.Int("items", i)))
		_, pay := tracer.Start(ctx, "pay", trace.WithSpanKind(trace.SpanKindClient))
		if i%10 == 9 {
			pay.SetStatus(codes.Error, "card declined")
		}
		pay.End()
		request.End()
	}
}

func report(stats otelbridge.Stats, err error) string {
	s := stats.Connections["gateway"]
	var b strings.Builder
	fmt.Fprintf(&b, "%d spans ended = %d left out by sampling + %d delivered + %d to the spool + %d failed\n",
		s.Offered, s.SampledOut, s.Exported, s.Spooled, s.Failed)
	fmt.Fprintf(&b, "spool: %d inherited + %d new = %d waiting + %d replayed + %d dead + %d expired\n",
		s.Inherited, s.Spooled, s.SpoolPending, s.Replayed, s.Dead, s.Expired)
	if s.SpoolPending > 0 {
		b.WriteString("\nno Collector takes them now; they wait in store/spool for the next run\n")
	}
	if err != nil {
		b.WriteString("  " + strings.ReplaceAll(err.Error(), "\n", "\n  ") + "\n")
	}
	return b.String()
}
