// Package stdout is OTel's own stdouttrace exporter, as it is, for those who know its
// output: one JSON object for each span, indented on request. For JSON lines that are made
// to be read by programs, have a value for NaN (here such a span is refused), and that cost a twentieth, use package exporter/console.
package stdout
