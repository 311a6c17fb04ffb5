package otelbridge

import (
	"maps"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/console"
	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/exporter/greptime"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/exporter/none"
	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/exporter/stdout"
	"github.com/tracehook/tracehook/exporter/yaml"
)

// drivers returns the registry of one Bridge: the built-in drivers and the caller's own.
// It is a value and not a global, so that two Bridges of a process don't meet.
func drivers(own map[string]exporter.Driver) (*exporter.Registry, error) {
	all := map[string]exporter.Driver{
		"default":  console.Driver(),
		"console":  console.Driver(),
		"stdout":   stdout.Driver(),
		"file":     file.Driver(),
		"greptime": greptime.Driver(),
		"otlp":     otlp.Driver(),
		"memory":   memory.Driver(),
		"none":     none.Driver(),
		"yaml":     yaml.Driver(),
	}
	maps.Copy(all, own)
	r := exporter.NewRegistry()
	for name, d := range all {
		if err := r.Register(name, d); err != nil {
			return nil, err
		}
	}
	return r, nil
}
