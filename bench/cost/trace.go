//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	api "go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

// trace starts and ends spans at a rate and prints what they cost, shutdown included.
func trace(name string, targets []string, spans, rate int, profile string) error {
	ctx := context.Background()
	tp, shutdown, err := provider(ctx, name, targets)
	if err != nil {
		return err
	}
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	tracer := tp.Tracer("bench/cost")
	before := cpu()
	begin := time.Now()
	for i := range spans {
		_, span := tracer.Start(ctx, "GET /users/{id}", api.WithSpanKind(api.SpanKindServer))
		span.SetAttributes(attribute.String("http.request.method", "GET"), attribute.String("http.route", "/users/{id}"),
			attribute.Int("http.response.status_code", 200), attribute.Bool("vip", i%2 == 0))
		span.End()
		if i%(rate/500) == 0 { // every 2 ms
			time.Sleep(time.Until(begin.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		}
	}
	if err := shutdown(ctx); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result{CPU: (cpu() - before) / time.Duration(spans), Spans: spans})
}

// queue is large enough that no contender loses spans on a machine that has other work; those
// that are lost cost nothing.
const queue = 16384

func provider(ctx context.Context, name string, targets []string) (api.TracerProvider, func(context.Context) error, error) {
	if strings.HasPrefix(name, "SDK") {
		var options []sdktrace.TracerProviderOption
		for range destinations(name) {
			e, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL("http://"+targets[0]+"/v1/traces"))
			if err != nil {
				return nil, nil, err
			}
			options = append(options, sdktrace.WithBatcher(e, sdktrace.WithMaxQueueSize(queue)))
		}
		tp := sdktrace.NewTracerProvider(options...)
		return tp, tp.Shutdown, nil
	}
	var toml strings.Builder
	for i := range destinations(name) {
		fmt.Fprintf(&toml, "[trace.c%d]\ndriver = \"otlp\"\nbuffer = %d\nbatch = 512\n[trace.c%d.setting]\n", i, queue, i)
		if strings.HasSuffix(name, "gRPC") {
			fmt.Fprintf(&toml, "protocol = \"grpc\"\nendpoint = \"http://%s\"\n", targets[1])
		} else {
			fmt.Fprintf(&toml, "endpoint = \"http://%s\"\n", targets[0])
		}
	}
	switch {
	case strings.HasSuffix(name, "file"):
		dir, err := os.Getwd()
		if err != nil {
			return nil, nil, err
		}
		fmt.Fprintf(&toml, "[trace.f]\ndriver = \"file\"\njson = true\n[trace.f.setting]\npath = %q\nmaxsize = \"1GB\"\n", dir+"/trace.log")
	case name == "none":
		toml.WriteString("[trace.n]\ndriver = \"none\"\n")
	}
	cfg, err := config.Parse([]byte(toml.String()), "toml")
	if err != nil {
		return nil, nil, err
	}
	b, err := otelbridge.New(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	return b.TracerProvider(), b.Shutdown, nil
}

// cpu returns what the process has used so far.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
