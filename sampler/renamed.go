package sampler

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook/internal/vocab"
)

// renamed returns the present name of an attribute that the semantic conventions have renamed, by
// its earlier one. Only names of attributes whose values have stayed the same are in here. A rule
// on either name looks at both.
func renamed(key attribute.Key) attribute.Key {
	switch key {
	case "http.method":
		return "http.request.method"
	case "http.status_code":
		return "http.response.status_code"
	case "http.url":
		return "url.full"
	case "http.scheme":
		return "url.scheme"
	case "http.user_agent":
		return "user_agent.original"
	case "http.client_ip":
		return "client.address"
	case "net.peer.name":
		return "server.address"
	case "net.peer.port":
		return "server.port"
	case "net.protocol.name":
		return "network.protocol.name"
	case "net.protocol.version", "http.flavor":
		return "network.protocol.version"
	case "db.statement":
		return "db.query.text"
	case "db.operation":
		return "db.operation.name"
	case "db.name":
		return "db.namespace"
	case "code.function":
		return "code.function.name"
	case "code.filepath":
		return "code.file.path"
	case "code.lineno":
		return "code.line.number"
	}
	return key
}

// lookup returns the first value of key, or, without one, the first of an attribute that was
// renamed to key. One that reads like a word of the hook and isn't has no value.
func lookup(attrs []attribute.KeyValue, key attribute.Key, hasOld bool) *attribute.Value {
	for i := range attrs {
		if attrs[i].Key == key && !vocab.Forged(attrs[i].Key) {
			return &attrs[i].Value
		}
	}
	if hasOld {
		for i := range attrs {
			if renamed(attrs[i].Key) == key {
				return &attrs[i].Value
			}
		}
	}
	return nil
}

// hasOld reports whether an attribute was renamed to key.
func hasOld(key attribute.Key) bool {
	switch key {
	case "http.request.method", "http.response.status_code", "url.full", "url.scheme", "user_agent.original",
		"client.address", "server.address", "server.port", "network.protocol.name", "network.protocol.version",
		"db.query.text", "db.operation.name", "db.namespace", "code.function.name", "code.file.path", "code.line.number":
		return true
	}
	return false
}
