// Secrets does with each configuration that it is given what a program may do with one, and prints
// all that it gets, with every verb, in JSON and in a log: what should be hidden in it must not come
// out. Arguments are files; "-" is the environment alone.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/go-logr/logr/slogr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/encode/redact"
	"github.com/tracehook/tracehook/exporter/greptime"
	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/otelbridge"
)

// out is standard output: what is written there is looked at as a whole.
var out = bufio.NewWriter(os.Stdout) //nolint:gochecknoglobals // it is

func main() {
	all := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.Level(-100)}))
	slog.SetDefault(all)
	otel.SetLogger(slogr.NewLogr(all.Handler())) // the SDK's own exporters tell a lot
	for _, file := range os.Args[1:] {
		_, _ = fmt.Fprintf(os.Stderr, "\n== %s\n", file)
		_, _ = fmt.Fprintf(out, "\n== %s\n", file)
		try(context.Background(), file)
		_ = out.Flush()
	}
}

func try(ctx context.Context, file string) {
	check := config.WithCheck(func(c config.Config) error { return otelbridge.CheckHere(c) })
	var cfg config.Config
	var err error
	if file == "-" {
		cfg, err = config.FromMap(map[string]any{}, check)
	} else {
		cfg, err = config.Load(file, check)
	}
	show("load", err)
	if err != nil {
		return
	}
	show("configuration", cfg)
	for _, w := range cfg.Warnings {
		show("warning", w)
	}
	for _, c := range cfg.Connections {
		showText("connection", c)
		driver(ctx, exporter.Settings{Connection: c.Name, Driver: c.Driver, Setting: c.Setting, Spool: c.Spool, Retry: c.Retry, Environ: os.Getenv})
	}
	b, err := otelbridge.New(ctx, cfg, otelbridge.WithLogger(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		otelbridge.WithStrict())
	show("new", err)
	if err != nil {
		return
	}
	b.Install()
	_, span := b.TracerProvider().Tracer("secrets").Start(ctx, "a span")
	span.SetAttributes(attribute.Bool("a", true))
	span.End()
	limited, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	show("flush", b.ForceFlush(limited))
	cancel()
	show("bridge", b)
	show("processor", b.SpanProcessor())
	show("stats", b.Stats())
	show("explanation", b.Explain("a span", "server"))
	show("reload", b.Reload(ctx, cfg))
	limited, cancel = context.WithTimeout(ctx, 300*time.Millisecond)
	show("shutdown", b.Shutdown(limited))
	cancel()
}

// driver shows what the packages of the drivers make of settings.
func driver(ctx context.Context, s exporter.Settings) {
	showText("settings", s)
	var e sdktrace.SpanExporter
	var err error
	switch s.Driver {
	case "otlp":
		var o otlp.Options
		o, err = otlp.FromSettings(s)
		show("otlp options", o)
		show("otlp options", &o)
		show("HTTP options", delivery.HTTPOptions{URL: o.URL, Secrets: delivery.Secrets{o.Headers["authorization"]}})
		show("secrets", delivery.Secrets{o.Headers["authorization"], o.URL})
		if h, err := delivery.NewHTTP(delivery.HTTPOptions{URL: o.URL, Secrets: delivery.Secrets{o.Headers["authorization"]}}); err == nil {
			show("HTTP", h)
			show("sender", delivery.NewSender(h, delivery.Options{}))
			show("attempt", h.Send(ctx, delivery.Batch{Body: []byte("x"), Spans: 1}))
		}
		show("gRPC", delivery.NewGRPC(delivery.GRPCOptions{Metadata: o.Headers, Secrets: delivery.Secrets{o.Headers["authorization"]}}))
		if err == nil {
			e, err = otlp.New(ctx, o)
		}
	case "greptime":
		var o greptime.Options
		o, err = greptime.FromSettings(s)
		show("greptime options", o)
		if err == nil {
			e, err = greptime.New(ctx, o)
		}
	default:
		return
	}
	show("driver", err)
	key, _ := s.Setting["hash_key"].(string)
	r, redactErr := redact.New(redact.Options{Hash: []string{"a"}, HashKey: key})
	show("redactor", errors.Join(redactErr, err))
	show("redactor", r)
	if err == nil {
		show("exporter", e)
		_ = e.Shutdown(ctx)
	}
}

// show prints v in every way that a program has.
func show(what string, v any) {
	showText(what, v)
	for _, verb := range "tbcodOUeEfFgG" {
		_, _ = fmt.Fprintf(out, "%s: %"+string(verb)+"\n", what, v)
	}
}

// showText is [show] with the verbs for text.
func showText(what string, v any) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X"} {
		_, _ = fmt.Fprintf(out, "%s: "+verb+"\n", what, v)
	}
	text, err := json.Marshal(v)
	_, _ = fmt.Fprintf(out, "%s in JSON: %s %v\n", what, text, err)
	slog.Info(what, "value", v)
	slog.New(slog.NewTextHandler(os.Stderr, nil)).Info(what, "value", v)
}
