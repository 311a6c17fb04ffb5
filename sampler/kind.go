package sampler

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// Attributes of a framework span that rules look at before anything else.
const (
	kindKey    = "tracehook.kind"
	serviceKey = "tracehook.service"
)

func kindWords() []string {
	return []string{
		"internal", "server", "client", "producer", "consumer",
		"method", "service", "trigger", "http", "web", "event", "queue", "cron", "custom",
	}
}

// spanKind returns the OpenTelemetry kind of a kind word.
func spanKind(word string) trace.SpanKind {
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

// kindWord returns OpenTelemetry's word. A span of unspecified kind is internal.
func kindWord(kind trace.SpanKind) string { return trace.ValidateSpanKind(kind).String() }

func knownKind(word string) (string, bool) {
	word = strings.ToLower(word)
	return word, slices.Contains(kindWords(), word)
}
