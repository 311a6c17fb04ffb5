package tracehook

import (
	"maps"
	"strings"
)

// TraceAttrs returns attributes that begin with the three that every span should have:
// the service it belongs to, its kind (a TraceKind constant or any other word; it is
// trimmed and lower-cased), and its target, what the work is about, which is left out if
// it is empty. attrs are added in order and later ones win, also over the first three. The
// result is a new map that belongs to the caller; attrs stay unchanged.
func TraceAttrs(service, kind, target string, attrs ...Map) Map {
	// So small that it is inlined: constants become interfaces at compile time there,
	// without an allocation.
	return traceAttrs(service, kind, target, attrs)
}

func traceAttrs(service, kind, target any, attrs []Map) Map {
	n := 3
	for _, m := range attrs {
		n += len(m)
	}
	out := make(Map, n)
	out["service"] = service
	out["kind"] = kind
	if k, ok := kind.(string); ok {
		if norm := strings.ToLower(strings.TrimSpace(k)); norm != k {
			out["kind"] = norm
		}
	}
	if target != any("") {
		out["target"] = target
	}
	for _, m := range attrs {
		maps.Copy(out, m)
	}
	return out
}

// merge returns all of list in one, later ones winning. One map alone is returned as it
// is: hooks only read.
func merge(list []Map) Map {
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	n := 0
	for _, m := range list {
		n += len(m)
	}
	out := make(Map, n)
	for _, m := range list {
		maps.Copy(out, m)
	}
	return out
}
