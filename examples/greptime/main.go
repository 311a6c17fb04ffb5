// Greptime writes spans into a GreptimeDB in both ways that there are, and prints what became
// of them. Without a GreptimeDB it says so, and the accounts show that every span is known to
// be lost: it exits with 0 either way.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
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
	path := flag.String("config", "", "a configuration `FILE` in place of the built-in trace.toml")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *path); err != nil {
		fmt.Fprintln(os.Stderr, "greptime:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, path string) error {
	cfg, err := load(path)
	if err != nil {
		return err
	}
	bridge, err := otelbridge.New(ctx, cfg)
	if err != nil {
		return err
	}
	shop(ctx, bridge.TracerProvider().Tracer("examples/greptime"))

	// What goes wrong on the way is in the error of the flush, by connection; it is no reason
	// to end a service.
	flush, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	delivery := bridge.ForceFlush(flush)
	err = bridge.Shutdown(flush)
	_, err = io.WriteString(out, report(bridge, cfg, errors.Join(delivery, err)))
	return err
}

func load(path string) (config.Config, error) {
	if path == "" {
		return config.Parse(traceTOML, "toml")
	}
	return config.Load(path, config.WithCheck(func(cfg config.Config) error { return otelbridge.Check(cfg) }))
}

// shop does the work that is traced: 20 orders, of which two fail.
func shop(ctx context.Context, tracer trace.Tracer) {
	for i := range 20 {
		ctx, order := tracer.Start(ctx, "order", trace.WithSpanKind(trace.SpanKindServer),
			trace.WithAttributes(attribute.String("user", fmt.Sprintf("user-%d", i%3)), attribute.Int("items", i)))
		_, pay := tracer.Start(ctx, "pay", trace.WithSpanKind(trace.SpanKindClient))
		if i%10 == 9 {
			pay.SetStatus(codes.Error, "card declined")
		}
		pay.End()
		order.End()
	}
}

const queries = `
look at them with curl http://127.0.0.1:4000/v1/sql --data-urlencode "sql=QUERY", where QUERY is
  SELECT span_name, count(*), avg(duration_nano) FROM traces GROUP BY span_name
  SELECT ts, operation, "user", span_status_message FROM trace_rows WHERE span_status_code = 'STATUS_CODE_ERROR'
`

// report has a line of accounts for each connection, and what went wrong or where to look.
func report(bridge *otelbridge.Bridge, cfg config.Config, err error) string {
	var b strings.Builder
	for _, c := range cfg.Connections {
		s := bridge.Stats().Connections[c.Name]
		fmt.Fprintf(&b, "connection %q, table %v: %d spans ended = %d left out by sampling + %d exported + %d failed\n",
			c.Name, c.Setting["table"], s.Offered, s.SampledOut, s.Exported, s.Failed)
	}
	if err == nil {
		return b.String() + queries
	}
	return b.String() + "\nnot everything arrived. is a GreptimeDB running? (see trace.toml)\n  " +
		strings.ReplaceAll(err.Error(), "\n", "\n  ") + "\n"
}
