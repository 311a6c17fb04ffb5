// Package e2e sends spans through the whole system to a real OpenTelemetry Collector and
// compares what the Collector writes to its file with what was ended.
//
// The Collector is a module of its own below this one, because its dependencies and ours
// choose different versions. It is built once, into .tools at the root of the repository.
package e2e
