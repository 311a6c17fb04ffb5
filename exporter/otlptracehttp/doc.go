// Package otlptracehttp is OTel's own OTLP/HTTP exporter, as it is, for those who want what
// the SDK has: it reads OTEL_EXPORTER_OTLP_* itself, retries for a minute, and knows neither
// a spool nor settings of a file. Package exporter/otlp has them, costs less, and says what
// went wrong.
//
// Three things are added. A variable that the exporter couldn't read is an error when the
// connection is made, because the exporter would print the value, which may be a secret. Its
// errors come without the headers and the path of the endpoint. Exports after Shutdown do
// nothing.
package otlptracehttp
