package entry

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/internal/clip"
)

// longestHeader bounds what of a header is kept as an attribute, in bytes.
const longestHeader = 512

// requestAttrs returns the attributes that a span begins with, for samplers to read: the framework's and
// those of the semantic conventions. The query isn't among them: it may hold secrets.
func (x *exchange) requestAttrs(r *http.Request, key string) tracehook.Map {
	name, method := methodOf(r.Method)
	var known, path any = name, r.URL.Path
	out := tracehook.Map{ // at most eight: larger maps cost more
		"kind": x.m.kind(), "target": key,
		"method": known, "path": path,
		string(semconv.HTTPRequestMethodKey): known,
		string(semconv.URLPathKey):           path,
	}
	if method != "" {
		out[string(semconv.HTTPRequestMethodOriginalKey)] = method
	}
	if service := x.m.Tracer.Service; service != "" {
		out["service"] = service
	}
	return out
}

// laterAttrs appends what else a request says, which is set when the span ends: together, that costs less.
func (x *exchange) laterAttrs(out []attribute.KeyValue) []attribute.KeyValue {
	r, scheme := x.request, "http"
	if r.TLS != nil {
		scheme = "https"
	}
	out = append(out, attribute.String("module", x.m.kind()), attribute.String("operation", "serve"), attribute.String("host", r.Host), semconv.URLScheme(scheme))
	if host, port := hostPort(r.Host); host != "" {
		out = append(out, semconv.ServerAddress(host))
		if port > 0 {
			out = append(out, semconv.ServerPort(port))
		}
	}
	if host, port := hostPort(r.RemoteAddr); host != "" {
		out = append(out, semconv.ClientAddress(host), semconv.NetworkPeerAddress(host))
		if port > 0 {
			out = append(out, semconv.NetworkPeerPort(port))
		}
	}
	if version, ok := strings.CutPrefix(r.Proto, "HTTP/"); ok {
		out = append(out, semconv.NetworkProtocolVersion(strings.TrimSuffix(version, ".0")))
	}
	if agent := r.UserAgent(); agent != "" {
		out = append(out, semconv.UserAgentOriginal(clip.Head(agent, longestHeader)))
	}
	return out
}

// methodOf returns a method as the conventions have it, and as it was if they don't know it.
func methodOf(method string) (known, original string) {
	if method == "" {
		return http.MethodGet, ""
	}
	if slices.Contains([]string{
		http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodHead, http.MethodPatch,
		http.MethodOptions, http.MethodConnect, http.MethodTrace, "QUERY",
	}, method) {
		return method, ""
	}
	return "_OTHER", clip.Head(method, longestHeader)
}

// hostPort returns the parts of HOST, HOST:PORT or [HOST]:PORT; the port is 0 if there is none.
func hostPort(s string) (host string, port int) {
	host, digits, err := net.SplitHostPort(s)
	if err != nil {
		return strings.Trim(s, "[]"), 0
	}
	if n, err := strconv.ParseUint(digits, 10, 16); err == nil {
		port = int(n)
	}
	return host, port
}
