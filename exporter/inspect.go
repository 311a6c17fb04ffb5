package exporter

import sdktrace "go.opentelemetry.io/otel/sdk/trace"

// Inspector answers what an exporter that shows spans to people can't know by itself: how the
// other connections are doing, and what they decide. Its methods may be called at any time, from
// any goroutine; they wait for nobody and change nothing.
type Inspector interface {
	// Connections returns what is known of all connections, ready to be encoded as JSON: an object
	// with "stats" and "health".
	Connections() any
	// Decisions says for each connection whether it keeps span and why. Span is as the asking
	// exporter got it. It takes no token of a limit.
	Decisions(span sdktrace.ReadOnlySpan) []Decision
}

// Decision is what one connection decides about one span.
type Decision struct {
	// Connection is the connection's name, Driver its driver's.
	Connection string `json:"connection"`
	Driver     string `json:"driver,omitempty"`
	// Keep says that it keeps the span, as far as a limit and its queue allow.
	Keep bool `json:"keep"`
	// Unknown says that Keep says nothing: the connection decides about the whole local part of a
	// trace, of which this span is one.
	Unknown bool `json:"unknown,omitempty"`
	// Reason is what decided: rate, rule, error, slow, parent, limit or trace. Rule is the rule,
	// if one did.
	Reason string `json:"reason"`
	Rule   string `json:"rule,omitempty"`
	// Weight is how many spans the kept one stands for; 0 if a reader can't know it.
	Weight float64 `json:"weight,omitempty"`
	// Why is a sentence, if there is more to say.
	Why string `json:"why,omitempty"`
}
