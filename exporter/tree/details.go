package tree

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/internal/clip"
	"github.com/tracehook/tracehook/internal/vocab"
)

// rank says how much an attribute matters to someone who looks at a tree: 0 most. The
// others keep their order.
func rank(key string) int {
	switch key {
	case "http.request.method", "http.route", "url.path", "http.response.status_code", "method", "path",
		"rpc.method", "rpc.system.name", "db.system.name", "db.namespace", "db.operation.name", "db.query.text",
		"messaging.destination.name", "messaging.operation.name", "error.type", "attempt", "operation":
		return 0
	case "server.address", "server.port", "client.address", "url.scheme", "user_agent.original", "module", "host":
		return 2
	}
	for _, noise := range []string{"network.", "thread.", "code.", vocab.Prefix, "telemetry."} {
		if strings.HasPrefix(key, noise) {
			return 2
		}
	}
	return 1
}

// short is the usual key of an attribute without what a narrow line has no room for.
func short(key string) string {
	switch key {
	case "http.request.method":
		return "method"
	case "http.response.status_code":
		return "status"
	case "http.route":
		return "route"
	case "url.path":
		return "path"
	case "db.system.name", "rpc.system.name":
		return "system"
	case "db.operation.name", "messaging.operation.name":
		return "operation"
	case "db.query.text":
		return "query"
	case "messaging.destination.name":
		return "destination"
	}
	return key
}

// maxValue is how many cells one value may have among the details.
const maxValue = 40

// details returns a span's kind and as many of its attributes as have room, those that
// matter first.
func (d *drawing) details(s *Span, room int) string {
	if room < 1 {
		return ""
	}
	b := d.scratch[:0]
	if d.kinds || s.Kind != "internal" {
		b = encode.AppendVisible(b, s.Kind)
	}
	used := cells(string(b))
	if used > room {
		return cut(string(b), room)
	}
	for wanted := range 3 {
		for i := range s.Attributes {
			kv := &s.Attributes[i]
			if vocab.Reserved(kv.Key) || rank(string(kv.Key)) != wanted {
				continue
			}
			if used >= room-2 { // no room for " k=" and anything
				d.scratch = b
				return string(b)
			}
			key := string(vocab.Written(kv.Key))
			if !d.kinds {
				key = short(key)
			}
			text := visible(key) + "=" + d.value(kv.Value)
			if used > 0 {
				text = " " + text
			}
			text = cut(text, room-used)
			used += cells(text)
			b = append(b, text...)
		}
	}
	d.scratch = b
	return string(b)
}

func (d *drawing) value(v attribute.Value) string {
	text := visible(v.String())
	if d.Masked { // a test compares long values, too
		return text
	}
	return cut(text, maxValue)
}

// visible makes at most a few hundred bytes of text visible: more is never shown.
func visible(text string) string {
	const most = 8 * maxValue
	return string(encode.AppendVisible(nil, clip.Head(text, most)))
}
