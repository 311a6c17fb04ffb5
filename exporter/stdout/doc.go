// Package stdout is OTel's own stdouttrace exporter, as it is, for those who know its output: one JSON
// object for each span, indented on request. A span with a value that JSON has no form for, such as NaN, is
// refused. Package exporter/console writes JSON lines that have one, at a twentieth of the cost.
package stdout
