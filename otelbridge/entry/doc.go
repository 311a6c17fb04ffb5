// Package entry begins and ends the spans of what enters a process and of what leaves it: HTTP
// requests, events, jobs of queues, calls of methods and services, child processes.
//
// [Tracer] does so for any of them; [Middleware] and [Transport] are for net/http. Their zero values use
// what is installed: the hook of tracehook.Attach and otel's global propagator, both of which
// Bridge.Install sets. Code below an entry finds its place in the trace with [MetaFrom], or in the
// context as OpenTelemetry has it.
//
// Spans are named as the framework names them, such as "http:/users/{id}" or "queue:orders", and have
// the framework's attributes beside those of OpenTelemetry's semantic conventions (version 1.43).
package entry
