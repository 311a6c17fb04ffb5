package entry

import (
	"cmp"
	"maps"

	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/tracehook/tracehook"
)

// Entry describes what enters the process, or leaves it.
type Entry struct {
	// Kind is one of tracehook's words for a kind, such as tracehook.TraceKindQueue; "" is
	// tracehook.TraceKindCustom.
	Kind string
	// Key says which one: the name of the event, queue, method, service, trigger or job; "" is
	// "unknown". With Kind it makes the name of the span, "queue:orders".
	Key string
	// Service is the service that the span belongs to; "" is the Tracer's.
	Service string
	// Connection and System are where an event or job comes from: the name of the connection, and what
	// OpenTelemetry calls the messaging system, such as "nats". Empty ones are left out.
	Connection, System string
	// Attempt is which delivery of an event or job this is, from 1; 0 is left out.
	Attempt int
	// Attrs are further attributes; they win over what the entry has by itself.
	Attrs tracehook.Map

	// Carrier holds what the sender has injected; nil if there is none.
	Carrier propagation.TextMapCarrier
	// Linked makes the sender's span a link; otherwise it is the parent.
	Linked bool
	// Batch holds one carrier for each message of a batch. Their senders' spans are links.
	Batch []propagation.TextMapCarrier
}

// unknown is the key of an entry without one.
const unknown = "unknown"

// name returns the name of the span and the key.
func (e *Entry) name() (name, kind, key string) {
	kind, key = cmp.Or(e.Kind, tracehook.TraceKindCustom), cmp.Or(e.Key, unknown)
	return kind + ":" + key, kind, key
}

// attrs returns the attributes of the span for an operation; "" is what is usual for the kind.
func (e *Entry) attrs(service, operation string) tracehook.Map {
	_, kind, key := e.name()
	module := "core"
	switch kind {
	case tracehook.TraceKindEvent, tracehook.TraceKindQueue:
		module, operation = kind, cmp.Or(operation, "consume")
	case tracehook.TraceKindHTTP, tracehook.TraceKindWeb:
		module, operation = kind, cmp.Or(operation, "serve")
	}
	out := tracehook.Map{"kind": kind, "target": key, "module": module, "operation": cmp.Or(operation, "invoke")}
	if service = cmp.Or(e.Service, service); service != "" {
		out["service"] = service
	}
	if kind == tracehook.TraceKindEvent || kind == tracehook.TraceKindQueue {
		e.messaging(out, key)
	}
	maps.Copy(out, e.Attrs)
	return out
}

func (e *Entry) messaging(out tracehook.Map, key string) {
	verb := "process"
	if out["operation"] == publish {
		verb = "send"
	}
	out[string(semconv.MessagingDestinationNameKey)] = key
	out[string(semconv.MessagingOperationTypeKey)] = verb
	out[string(semconv.MessagingOperationNameKey)] = verb
	if e.System != "" {
		out[string(semconv.MessagingSystemKey)] = e.System
	}
	if e.Connection != "" {
		out["connection"] = e.Connection
	}
	if e.Attempt > 0 {
		out["attempt"] = e.Attempt
	}
	if len(e.Batch) > 0 {
		out[string(semconv.MessagingBatchMessageCountKey)] = len(e.Batch)
	}
}
