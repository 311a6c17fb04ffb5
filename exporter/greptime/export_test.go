package greptime

import sdktrace "go.opentelemetry.io/otel/sdk/trace"

// Encode lets benchmarks see the encoders alone.
func (e *Exporter) Encode(spans []sdktrace.ReadOnlySpan) ([]byte, error) { return e.encoder(spans) }
