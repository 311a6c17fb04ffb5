package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tracehook/tracehook/setting"
)

// implicit returns the connections of a configuration without [trace]: those that the
// environment asks for in OpenTelemetry's words, else one console connection named default.
func (d *decoder) implicit() []Connection {
	variable, exporters := "OTEL_TRACES_EXPORTER", []string(nil)
	for name := range strings.SplitSeq(d.env[variable], ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" && !slices.Contains(exporters, name) {
			exporters = append(exporters, name)
		}
	}
	if len(exporters) > 1 && slices.Contains(exporters, "none") {
		d.warn(variable, `"none" is ignored beside other exporters`)
		exporters = slices.DeleteFunc(exporters, func(name string) bool { return name == "none" })
	}
	if len(exporters) == 0 {
		// OpenTelemetry's own default is otlp, which an endpoint says is wanted.
		for _, endpoint := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"} {
			if d.env[endpoint] != "" {
				variable, exporters = endpoint, []string{"otlp"}
			}
		}
	}
	if len(exporters) == 0 {
		variable, exporters = "", []string{"default"}
	}
	all := make([]Connection, 0, len(exporters))
	for _, name := range exporters {
		c := newConnection(name)
		switch name {
		case "console", "logging": // logging is the specification's older word
			c.Driver = "default"
		case "none":
			c.Driver, c.Sample.Rate, c.Sample.Error = name, 0, false
		default:
			c.Driver = name
		}
		path := setting.Join("trace", name)
		d.tables[name] = path
		if variable != "" {
			d.SetPlace(path, Place{File: variable})
		}
		d.batching(&c)
		if name != "none" {
			d.sampler(&c.Sample)
		}
		all = append(all, c)
	}
	return all
}

// batching applies OTEL_BSP_*.
func (d *decoder) batching(c *Connection) {
	if i, ok := d.envInteger("OTEL_BSP_MAX_QUEUE_SIZE", 1, mostBuffer); ok {
		c.Buffer, c.Batch, d.sized[c.Name] = i, standardBatch(i), true
	}
	if i, ok := d.envInteger("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1, mostBuffer); ok {
		c.Batch, d.sized[c.Name] = i, true
	}
	c.Batch = min(c.Batch, c.Buffer)
	if ms, ok := d.envInteger("OTEL_BSP_SCHEDULE_DELAY", 1, math.MaxInt32); ok {
		c.Timeout = time.Duration(ms) * time.Millisecond
	}
	if ms, ok := d.envInteger("OTEL_BSP_EXPORT_TIMEOUT", 1, math.MaxInt32); ok {
		c.ExportTimeout = time.Duration(ms) * time.Millisecond
	}
}

// sampler applies OTEL_TRACES_SAMPLER. These samplers know no errors, so the
// connection has the ratio and nothing beside it.
func (d *decoder) sampler(s *Sample) {
	const variable, argument = "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"
	name := strings.ToLower(strings.TrimSpace(d.env[variable]))
	if name == "" {
		return
	}
	plain, parentBased := strings.CutPrefix(name, "parentbased_")
	rate := 1.0
	switch plain {
	case "always_on":
	case "always_off":
		rate = 0
	case "traceidratio":
		if text := strings.TrimSpace(d.env[argument]); text != "" {
			f, err := strconv.ParseFloat(text, 64)
			if err != nil || !(f >= 0 && f <= 1) {
				d.warn(argument, "is ignored: it must be a number from 0 to 1; every trace is kept")
				f = 1
			}
			rate = f
		}
	default:
		d.warn(variable, fmt.Sprintf("%q is ignored: known are always_on, always_off, traceidratio, and these with parentbased_ before them", name))
		return
	}
	s.Rate, s.Error, s.Parent = rate, false, "ignore"
	if parentBased {
		s.Parent = "respect"
	}
}
