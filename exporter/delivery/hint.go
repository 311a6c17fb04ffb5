package delivery

import (
	"errors"
	"net/http"
	"strings"

	"google.golang.org/grpc/codes"
)

// StatusHint says what an HTTP status usually means for someone who exports traces; "" if
// nothing can be said.
func StatusHint(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "check the credentials in the headers"
	case http.StatusProxyAuthRequired:
		return proxyCredentials
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return "check the path: OTLP/HTTP receivers usually listen at /v1/traces"
	case http.StatusUnsupportedMediaType:
		return "it doesn't take this encoding: check protocol and compression"
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return "redirects are not followed: name the final address"
	default:
		return ""
	}
}

// NetworkHint says what a failure of the network usually means; "" if nothing can be said.
func NetworkHint(err error) string {
	if proxy, ok := errors.AsType[*proxyError](err); ok {
		return proxy.hint()
	}
	text := err.Error()
	switch {
	case untrusted(err):
		return "check ca, server_name, cert and key"
	case strings.Contains(text, "server gave HTTP response to HTTPS client"),
		strings.Contains(text, "first record does not look like a TLS handshake"):
		return "the port speaks plaintext: write http://"
	case strings.Contains(text, "malformed HTTP"), strings.Contains(text, "readLoopPeekFail"): // it spoke first
		return "the port doesn't speak HTTP: OTLP/HTTP is usually 4318, gRPC 4317 with protocol = \"grpc\""
	default:
		return ""
	}
}

// CodeHint says what a gRPC status usually means for someone who exports traces; "" if
// nothing can be said.
func CodeHint(c codes.Code, message string) string {
	switch c {
	case codes.Unauthenticated, codes.PermissionDenied:
		return "check the credentials in the headers"
	case codes.Unimplemented:
		return "the port speaks gRPC, but has no trace service: check host and port"
	case codes.Unavailable:
		switch {
		case strings.Contains(message, "authentication handshake failed") &&
			strings.Contains(message, "first record does not look like a TLS handshake"):
			return "the port speaks plaintext: set insecure = true or write http://"
		case strings.Contains(message, "no application protocol"), strings.Contains(message, "missing selected ALPN property"):
			return "the port has TLS, but doesn't speak gRPC: gRPC is usually 4317, OTLP/HTTP 4318"
		case strings.Contains(message, "authentication handshake failed"):
			return "check ca, server_name, cert and key"
		case strings.Contains(message, "error reading server preface"):
			return "the port doesn't speak this gRPC: gRPC is usually 4317, OTLP/HTTP 4318; or it wants TLS: write https://"
		}
	default:
	}
	return ""
}
