package bridge

import (
	"context"
	"fmt"
	"runtime"

	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/otelbridge/detectors"
	"github.com/tracehook/tracehook/otelbridge/propagators"
)

// resourceInCode returns the resource among options of a provider. Options can't be read; but a
// provider shows its resource to its processors, and the first of them can end the goroutine before
// others see the span. It is empty without options.
func resourceInCode(opts []sdktrace.TracerProviderOption) *resource.Resource {
	if len(opts) == 0 {
		return resource.Empty()
	}
	var p resourceProbe
	done := make(chan struct{})
	go func() {
		defer close(done)
		all := append([]sdktrace.TracerProviderOption{sdktrace.WithSpanProcessor(&p)}, opts...)
		tp := sdktrace.NewTracerProvider(append(all, sdktrace.WithSampler(sdktrace.AlwaysSample()), sdktrace.WithIDGenerator(propagators.IDGenerator{}))...)
		tp.Tracer("").Start(context.Background(), "") //nolint:spancheck // it never gets past the probe
	}()
	<-done
	if p.found == nil {
		return resource.Empty()
	}
	return p.found
}

// resourceProbe is a processor that is called for one span and lets nothing go on.
type resourceProbe struct{ found *resource.Resource }

func (p *resourceProbe) OnStart(_ context.Context, s sdktrace.ReadWriteSpan) {
	p.found = s.Resource()
	runtime.Goexit()
}

func (*resourceProbe) OnEnd(sdktrace.ReadOnlySpan)      {}
func (*resourceProbe) Shutdown(context.Context) error   { return nil }
func (*resourceProbe) ForceFlush(context.Context) error { return nil }

// detected returns what the detectors of the configuration find.
//
//nolint:contextcheck,nolintlint // none of them waits for anything; without this line, callers are told to pass a context
func (c *checker) detected() *resource.Resource {
	names := c.cfg.OTel.Detectors
	for i, name := range names {
		if err := detectors.Check(name); err != nil {
			c.problems = append(c.problems, c.cfg.NewProblem(fmt.Sprintf("otel.detectors[%d]", i), err.Error()))
		}
	}
	if len(names) == 0 {
		return resource.Empty()
	}
	return detectors.Detect(context.Background(), names...)
}
