package otelbridge

import (
	"fmt"

	"go.opentelemetry.io/contrib/propagators/autoprop"
	"go.opentelemetry.io/otel/propagation"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/console"
	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/exporter/framework"
	"github.com/tracehook/tracehook/exporter/greptime"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/exporter/none"
	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/exporter/otlptracehttp"
	"github.com/tracehook/tracehook/exporter/page"
	"github.com/tracehook/tracehook/exporter/stdout"
	"github.com/tracehook/tracehook/exporter/yaml"
	"github.com/tracehook/tracehook/otelbridge/bridge"
	"github.com/tracehook/tracehook/otelbridge/detectors"
	"github.com/tracehook/tracehook/otelbridge/propagators/debugged"
)

// everything puts the drivers and propagators of this package before the caller's options.
func everything(opts []Option) []Option {
	return append([]Option{bridge.WithDrivers(Drivers), bridge.WithPropagators(propagator), bridge.WithDetectors(detectors.Find), bridge.WithAdapter(FrameworkDriver)}, opts...)
}

// FrameworkDriver adapts a driver that was written for the framework's own trace module, for
// [WithDriverSpec]. A [Module] does that by itself with what is registered through the framework.
// See [framework.Driver].
func FrameworkDriver(driver any) (exporter.Driver, error) { return framework.Driver(driver) }

// Drivers returns every driver of this module by the name that connections use. Each call makes
// new ones, so that two Bridges of a process share nothing.
func Drivers() map[string]exporter.Driver {
	return map[string]exporter.Driver{
		"default":       console.Driver(),
		"console":       console.Driver(),
		"stdout":        stdout.Driver(),
		"file":          file.Driver(),
		"greptime":      greptime.Driver(),
		"otlp":          otlp.Driver(),
		"otlptracehttp": otlptracehttp.Driver(),
		"memory":        memory.Driver(),
		"none":          none.Driver(),
		"page":          page.Driver(),
		"yaml":          yaml.Driver(),
	}
}

// propagator returns the propagator that OTEL_PROPAGATORS calls name.
func propagator(name string) (propagation.TextMapPropagator, error) {
	switch name {
	case "b3":
		return debugged.B3{}, nil
	case "b3multi":
		return debugged.B3{Multi: true}, nil
	case "jaeger":
		return debugged.Jaeger{}, nil
	}
	p, err := autoprop.TextMapPropagator(name)
	if err != nil {
		return nil, fmt.Errorf("%w (known are tracecontext, baggage, b3, b3multi, jaeger, xray, ottrace, headers, request-id, none, and what the program has registered with autoprop)", err)
	}
	return p, nil
}
