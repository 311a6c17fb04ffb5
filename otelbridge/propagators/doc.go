// Package propagators has the propagators that OpenTelemetry's own packages don't have: W3C trace
// context that reads every line of a header ([TraceContext]), the headers X-Trace-ID and X-Span-ID
// ([Headers]), the decimal X-Request-Id ([RequestID]), and a [Composite] that takes the most complete
// of several contexts in one request, whatever their order.
//
// All of them are values without state, or safe for concurrent use. Reading a header takes time linear in
// its length, and no header makes them panic.
package propagators
