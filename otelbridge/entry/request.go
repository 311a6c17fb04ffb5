package entry

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/internal/clip"
)

// longestHeader bounds what of a header is kept as an attribute, in bytes.
const longestHeader = 512

// requestAttrs returns what a request to this process says: the framework's attributes, then those of
// the semantic conventions. The query isn't among them: it may hold secrets.
func requestAttrs(r *http.Request) tracehook.Map {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	known, method := methodOf(r.Method)
	out := tracehook.Map{
		"method": known, "path": r.URL.Path, "host": r.Host,
		string(semconv.HTTPRequestMethodKey): known,
		string(semconv.URLPathKey):           r.URL.Path,
		string(semconv.URLSchemeKey):         scheme,
	}
	if method != "" {
		out[string(semconv.HTTPRequestMethodOriginalKey)] = method
	}
	if host, port := hostPort(r.Host); host != "" {
		out[string(semconv.ServerAddressKey)] = host
		if port > 0 {
			out[string(semconv.ServerPortKey)] = port
		}
	}
	if host, port := hostPort(r.RemoteAddr); host != "" {
		out[string(semconv.ClientAddressKey)] = host
		out[string(semconv.NetworkPeerAddressKey)] = host
		if port > 0 {
			out[string(semconv.NetworkPeerPortKey)] = port
		}
	}
	if version, ok := strings.CutPrefix(r.Proto, "HTTP/"); ok {
		out[string(semconv.NetworkProtocolVersionKey)] = strings.TrimSuffix(version, ".0")
	}
	if agent := r.UserAgent(); agent != "" {
		out[string(semconv.UserAgentOriginalKey)] = clip.Head(agent, longestHeader)
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
