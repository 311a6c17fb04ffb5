package greptime

import sdktrace "go.opentelemetry.io/otel/sdk/trace"

// Encoder lets benchmarks see the encoders alone.
func Encoder(o Options) (func(spans []sdktrace.ReadOnlySpan) ([]byte, error), error) {
	o.fill()
	return newEncoder(&o)
}
