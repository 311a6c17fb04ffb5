package bridge

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/propagation"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge/propagators"
	"github.com/tracehook/tracehook/setting"
)

// noPropagator is the name of nothing. Where it stands beside others, it wins.
const noPropagator = "none"

// w3cPropagator knows the propagators of package propagation.
func w3cPropagator(name string) (propagation.TextMapPropagator, error) {
	switch name {
	case "baggage":
		return propagation.Baggage{}, nil
	case noPropagator:
		return propagation.NewCompositeTextMapPropagator(), nil
	}
	return nil, fmt.Errorf("unknown propagator %q (known are tracecontext, baggage, headers, request-id, none)", name)
}

// propagator returns the propagators that the configuration names, and those that the program
// brings: tracecontext and baggage unless it says otherwise.
func (c *checker) propagator() *propagators.Composite {
	o := c.cfg.OTel
	all := c.namedPropagators("propagators", o.Propagators)
	both := &propagators.Composite{Extractors: all, Injectors: all, OnConflict: func() {
		c.lines.Logger().Warn("a request holds the contexts of two traces; the most complete one counts, and this is said once",
			slog.Any("extract", slices.Concat(o.Extract, o.Propagators)))
	}}
	if len(o.Extract) > 0 {
		both.Extractors = c.namedPropagators("extract", o.Extract)
	}
	if len(o.Inject) > 0 {
		both.Injectors = c.namedPropagators("inject", o.Inject)
	}
	both.Extractors = slices.Concat(both.Extractors, c.codePropagators)
	both.Injectors = slices.Concat(both.Injectors, c.codePropagators)
	for _, host := range slices.Sorted(maps.Keys(o.InjectHosts)) {
		both.Hosts = append(both.Hosts, propagators.Host{
			Pattern: host, Injectors: c.namedPropagators(setting.Join("inject_hosts", host), o.InjectHosts[host]),
		})
	}
	propagators.SortHosts(both.Hosts)
	return both
}

// namedPropagators returns the propagators of a list. One that the program doesn't know is a problem
// in a file, which is for this program, and a warning in the environment, which is for all of them,
// as OpenTelemetry's specification says. If the environment has none that is known, the default ones
// serve: a typing error must not cut the traces of all services.
func (c *checker) namedPropagators(key string, names []string) []propagation.TextMapPropagator {
	if slices.Contains(names, noPropagator) {
		return nil
	}
	if len(names) == 0 {
		names = config.Default().OTel.Propagators
	}
	var known []propagation.TextMapPropagator
	environment := false
	for i, name := range names {
		p, err := c.namedPropagator(name)
		if err == nil {
			known = append(known, p)
			continue
		}
		message := setting.Cover(err.Error())
		if !nameLike(name) {
			message = "is no name of a propagator (it is not printed: it may be a secret in the wrong place)"
		}
		problem := c.cfg.NewProblem(fmt.Sprintf("otel.%s[%d]", key, i), message)
		if problem.File == "OTEL_PROPAGATORS" {
			environment = true
			c.warnings = append(c.warnings, problem)
		} else {
			c.problems = append(c.problems, problem)
		}
	}
	if len(known) == 0 && environment {
		return []propagation.TextMapPropagator{propagators.TraceContext{}, propagation.Baggage{}}
	}
	return known
}

// nameLike reports whether a name could be one of a propagator or a detector: short, of lower-case
// letters, digits and dashes.
func nameLike(name string) bool {
	const longest = 24
	return len(name) <= longest && strings.IndexFunc(name, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_'
	}) < 0
}

func (c *checker) namedPropagator(name string) (propagation.TextMapPropagator, error) {
	switch name {
	case "tracecontext":
		return propagators.TraceContext{}, nil
	case "headers":
		return propagators.Headers(c.cfg.OTel.Headers), nil
	case "request-id":
		return propagators.RequestID(c.cfg.OTel.RequestID), nil
	}
	return c.propagators(name)
}

// carriesRequestID reports whether ids must be of 63 bits, because a header carries no longer ones.
func carriesRequestID(o config.OTel) bool {
	names := o.Inject
	if len(names) == 0 {
		names = o.Propagators
	}
	for _, more := range o.InjectHosts {
		names = slices.Concat(names, more)
	}
	return slices.Contains(names, "request-id")
}
