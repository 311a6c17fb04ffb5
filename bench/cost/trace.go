package cost

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	api "go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/bench/cpu"
	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

// trace starts and ends spans at a rate and prints what they cost, shutdown included.
func trace(l Load, targets []string, profile string) error {
	ctx := context.Background()
	tp, shutdown, err := l.provider(ctx, targets)
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
	before := cpu.Time()
	begin := time.Now()
	var producers sync.WaitGroup
	for g := range l.Goroutines {
		producers.Go(func() { l.produce(tracer, begin, g) })
	}
	producers.Wait()
	if err := shutdown(ctx); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result{CPU: (cpu.Time() - before) / time.Duration(l.Spans), Spans: l.Spans})
}

// produce starts and ends the share of one goroutine. It pauses at most 500 times a second.
func (l Load) produce(tracer api.Tracer, begin time.Time, goroutine int) {
	ctx := context.Background()
	spans := (l.Spans + goroutine) / l.Goroutines
	more := make([]string, max(l.Attributes-4, 0))
	for i := range more {
		more[i] = fmt.Sprintf("app.attribute.%d", i)
	}
	burst := max(l.Rate/500/l.Goroutines, 1)
	for i := range spans {
		_, span := tracer.Start(ctx, "GET /users/{id}", api.WithSpanKind(api.SpanKindServer))
		span.SetAttributes(l.attributes(i, more)...)
		span.End()
		if i%burst == 0 {
			time.Sleep(time.Until(begin.Add(time.Duration(i*l.Goroutines) * time.Second / time.Duration(l.Rate))))
		}
	}
}

// attributes are made for each span, as an instrumentation makes them; more are the keys behind the first four.
func (l Load) attributes(i int, more []string) []attribute.KeyValue {
	four := [...]attribute.KeyValue{
		attribute.String("http.request.method", "GET"), attribute.String("http.route", "/users/{id}"),
		attribute.Int("http.response.status_code", 200), attribute.Bool("vip", i%2 == 0),
	}
	if l.Attributes <= len(four) {
		return four[:l.Attributes]
	}
	all := append(make([]attribute.KeyValue, 0, l.Attributes), four[:]...)
	for _, key := range more {
		all = append(all, attribute.String(key, "twenty letters of it"))
	}
	return all
}

// queue is large enough that no contender loses spans on a machine that has other work; those
// that are lost cost nothing.
const queue = 16384

func (l Load) provider(ctx context.Context, targets []string) (api.TracerProvider, func(context.Context) error, error) {
	if l.SDK {
		var options []sdktrace.TracerProviderOption
		for range l.Connections {
			e, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL("http://"+targets[0]+"/v1/traces"))
			if err != nil {
				return nil, nil, err
			}
			options = append(options, sdktrace.WithBatcher(e, sdktrace.WithMaxQueueSize(queue)))
		}
		tp := sdktrace.NewTracerProvider(options...)
		return tp, tp.Shutdown, nil
	}
	folder, err := os.Getwd()
	if err != nil {
		return nil, nil, err
	}
	cfg, err := config.Parse([]byte(l.toml(targets, folder)), "toml")
	if err != nil {
		return nil, nil, err
	}
	b, err := otelbridge.New(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	return b.TracerProvider(), b.Shutdown, nil
}

func (l Load) toml(targets []string, folder string) string {
	var toml strings.Builder
	for i := range l.Connections {
		fmt.Fprintf(&toml, "[trace.c%d]\ndriver = \"otlp\"\nbuffer = %d\nbuffer_bytes = \"1GB\"\nbatch = 512\n", i, queue)
		if l.Rules > 0 {
			fmt.Fprintf(&toml, "[trace.c%d.sample]\nrules = [\n", i)
			for r := range l.Rules - 1 {
				fmt.Fprintf(&toml, "  { name = \"service:s%03d.*\", sample = 0.1 },\n", r)
			}
			toml.WriteString("  { name = \"GET *\", sample = 1 },\n]\n")
		}
		fmt.Fprintf(&toml, "[trace.c%d.setting]\n", i)
		if l.GRPC {
			fmt.Fprintf(&toml, "protocol = \"grpc\"\nendpoint = \"http://%s\"\n", targets[1])
		} else {
			fmt.Fprintf(&toml, "endpoint = \"http://%s\"\n", targets[0])
		}
	}
	if l.File {
		fmt.Fprintf(&toml, "[trace.f]\ndriver = \"file\"\njson = true\n[trace.f.setting]\npath = %q\nmaxsize = \"1GB\"\n", filepath.Join(folder, "trace.log"))
	}
	if l.Connections == 0 && !l.File {
		toml.WriteString("[trace.n]\ndriver = \"none\"\n")
	}
	return toml.String()
}
