package otelhook

import (
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
)

// words are what the reserved attributes say about a span.
type words struct {
	service, kind, target, entry, step, status, result string
	code                                               int64
	hasCode                                            bool
	start                                              []trace.SpanStartOption // of StartOptions
}

// set keeps v if key is reserved and v can be what key says. A value that can't stays an
// ordinary attribute.
func (w *words) set(key string, v any) bool {
	var into *string
	switch key {
	case "service":
		into = &w.service
	case "kind":
		into = &w.kind
	case "target":
		into = &w.target
	case "entry":
		into = &w.entry
	case "step":
		into = &w.step
	case "status":
		into = &w.status
	case "result":
		into = &w.result
	case "code":
		code, ok := codeOf(v)
		if ok {
			w.code, w.hasCode = code, true
		}
		return ok
	case startKey:
		start, ok := v.([]trace.SpanStartOption)
		if ok {
			w.start = start
		}
		return ok
	default:
		return false
	}
	s, ok := v.(string)
	if ok && plain(s) {
		*into = s
		return true
	}
	*into = textOf(v)
	if into == &w.kind || into == &w.status {
		*into = lower(*into)
	}
	return true
}

// plain reports a short ASCII word without upper case or spaces, which needs no care.
func plain(s string) bool {
	if len(s) > 64 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || ('A' <= c && c <= 'Z') {
			return false
		}
	}
	return true
}

// failed reports a status that isn't ok.
func (w *words) failed() bool {
	if w.status != "" {
		return w.status != tracehook.StatusOK
	}
	return w.hasCode && w.code != 0
}

// message is the text of a failure.
func (w *words) message() string {
	if w.result != "" {
		return w.result
	}
	return w.status
}

// codeOf reads a number in any of its forms.
func codeOf(v any) (int64, bool) {
	switch c := v.(type) {
	case int:
		return int64(c), true
	case int64:
		return c, true
	case float64:
		return int64(c), c == float64(int64(c))
	case string:
		n, err := strconv.ParseInt(strings.TrimSpace(c), 10, 64)
		return n, err == nil
	}
	value, ok := valueOf(v)
	if !ok {
		return 0, false
	}
	switch value.Type() {
	case attribute.INT64:
		return value.AsInt64(), true
	case attribute.FLOAT64:
		return codeOf(value.AsFloat64())
	default:
		return 0, false
	}
}

// lower trims and lower-cases; what is so already is returned without an allocation.
func lower(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
