package bridge

import (
	"fmt"

	"go.opentelemetry.io/otel/propagation"
)

// w3cPropagator knows the propagators of package propagation.
func w3cPropagator(name string) (propagation.TextMapPropagator, error) {
	switch name {
	case "tracecontext":
		return propagation.TraceContext{}, nil
	case "baggage":
		return propagation.Baggage{}, nil
	case "none":
		return propagation.NewCompositeTextMapPropagator(), nil
	}
	return nil, fmt.Errorf("unknown propagator %q (known are tracecontext, baggage, none)", name)
}

// propagator returns the propagators that the configuration names: tracecontext and baggage
// unless it says otherwise. One that the program doesn't know is a problem in a file, which is for
// this program, and a warning in the environment, which is for all of them, as OpenTelemetry's
// specification says.
func (c *checker) propagator() propagation.TextMapPropagator {
	names := c.cfg.OTel.Propagators
	if len(names) == 0 {
		names = []string{"tracecontext", "baggage"}
	}
	var known []propagation.TextMapPropagator
	for i, name := range names {
		p, err := c.propagators(name)
		if err == nil {
			known = append(known, p)
			continue
		}
		problem := c.cfg.NewProblem(fmt.Sprintf("otel.propagators[%d]", i), err.Error())
		if problem.File == "OTEL_PROPAGATORS" {
			c.warnings = append(c.warnings, problem)
		} else {
			c.problems = append(c.problems, problem)
		}
	}
	return propagation.NewCompositeTextMapPropagator(known...)
}
