package sampler

import (
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/nearest"
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
func kindWord(kind trace.SpanKind) string {
	switch kind {
	case trace.SpanKindServer:
		return "server"
	case trace.SpanKindClient:
		return "client"
	case trace.SpanKindProducer:
		return "producer"
	case trace.SpanKindConsumer:
		return "consumer"
	default:
		return "internal"
	}
}

// meantKind returns the known kind that word is a misspelling of; "" if it is none, but a known
// kind itself or a word of the application's own.
func meantKind(word string) string {
	if near := nearest.Name(word, kindWords()); near != word {
		return near
	}
	return ""
}
