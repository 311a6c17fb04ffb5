package bridge

import (
	"context"
	"fmt"
	"runtime"

	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/otelbridge/propagators"
)

// resource returns the one that the program gives; empty if it gives none.
func (o *options) resource() *resource.Resource {
	if o.probe == nil {
		return resource.Empty()
	}
	return o.probe(o.provider)
}

// resourceInCode returns the resource among options of a provider. Options can't be read; but a
// provider shows its resource to its processors, and the first of them can end the goroutine before
// others see the span. It is empty if there is none.
func resourceInCode(opts []sdktrace.TracerProviderOption) *resource.Resource {
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

// resourceProbe is a processor that notes the resource of one span and ends its goroutine.
type resourceProbe struct{ found *resource.Resource }

func (p *resourceProbe) OnStart(_ context.Context, s sdktrace.ReadWriteSpan) {
	p.found = s.Resource()
	runtime.Goexit()
}

func (*resourceProbe) OnEnd(sdktrace.ReadOnlySpan)      {}
func (*resourceProbe) Shutdown(context.Context) error   { return nil }
func (*resourceProbe) ForceFlush(context.Context) error { return nil }

// detected returns what the detectors of the configuration find.
func (c *checker) detected() *resource.Resource {
	all := resource.Empty()
	for i, name := range c.cfg.OTel.Detectors {
		found, err := c.detect(name)
		if err != nil {
			message := err.Error()
			if !nameLike(name) {
				message = "is no name of a detector (it is not printed: it may be a secret in the wrong place)"
			}
			c.problems = append(c.problems, c.cfg.NewProblem(fmt.Sprintf("otel.detectors[%d]", i), message))
			continue
		}
		all = merged(all, found)
	}
	return all
}

// noDetector is the lookup of a Bridge that was given no detectors.
func noDetector(name string) (*resource.Resource, error) {
	return nil, fmt.Errorf("unknown detector %q: this program has none", name)
}
