// Package vocab has the framework's words about a span, and the attributes in which they travel
// through OpenTelemetry. The hook writes them, samplers and exporters read them.
package vocab

import (
	"slices"

	"go.opentelemetry.io/otel/trace"
)

// Words of a status.
const (
	OK    = "ok"
	Error = "error"
)

// Kinds returns the framework's words for a kind of span. The slice is the caller's.
func Kinds() []string {
	return []string{
		"internal", "server", "client", "producer", "consumer",
		"method", "service", "trigger", "http", "web", "event", "queue", "cron", "custom",
	}
}

// KnownKind reports whether word, in lower case, is one of [Kinds].
func KnownKind(word string) bool { return slices.Contains(Kinds(), word) }

// SpanKind returns OpenTelemetry's kind for a word in lower case, and internal for an unknown one.
func SpanKind(word string) trace.SpanKind {
	switch word {
	case "server", "http", "web":
		return trace.SpanKindServer
	case "client":
		return trace.SpanKindClient
	case "producer":
		return trace.SpanKindProducer
	case "consumer", "event", "queue":
		return trace.SpanKindConsumer
	default:
		return trace.SpanKindInternal
	}
}

// OfSpanKind returns the word for a kind of OpenTelemetry's, and "internal" for an unspecified one.
func OfSpanKind(kind trace.SpanKind) string { return trace.ValidateSpanKind(kind).String() }
