// Package bridge builds what one configuration describes: a head sampler, a span processor with
// its connections, and a TracerProvider over both.
//
// It links no driver. A program names those that it wants, and contains nothing else:
//
//	b, err := bridge.Open(ctx, "trace.toml", bridge.WithDrivers(func() map[string]exporter.Driver {
//		return map[string]exporter.Driver{"console": console.Driver(), "file": file.Driver()}
//	}))
//
// Package otelbridge is the same with every driver of this module.
package bridge
