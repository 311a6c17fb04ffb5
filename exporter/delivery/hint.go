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

// NetworkHint says what a failure of the network means; "" if nothing is certain.
func NetworkHint(err error) string {
	if proxy, ok := errors.AsType[*proxyError](err); ok {
		return proxy.hint()
	}
	text := err.Error()
	if hint := certificateHint(text); hint != "" {
		return hint
	}
	switch {
	case strings.Contains(text, "server gave HTTP response to HTTPS client"),
		strings.Contains(text, "first record does not look like a TLS handshake"):
		return "the port speaks plaintext: write http://"
	case strings.Contains(text, `malformed HTTP response "\x15\x03`): // an alert
		return hintTLS
	case strings.Contains(text, `malformed HTTP response "\x00\x00`): // the settings of HTTP/2
		return hintGRPC
	case strings.Contains(text, "malformed HTTP"), strings.Contains(text, "readLoopPeekFail"): // it spoke first
		return "the port doesn't speak HTTP: OTLP/HTTP is usually 4318, gRPC 4317 with protocol = \"grpc\""
	default:
		return addressHint(text)
	}
}

const (
	hintGRPC    = "the port speaks gRPC: write protocol = \"grpc\", or name the port of OTLP/HTTP, usually 4318"
	hintNotGRPC = "what answers there isn't gRPC: gRPC is usually 4317; for OTLP/HTTP, usually 4318, leave out protocol = \"grpc\""
)

// certificateHint says what is wrong with the certificate of the server, or with ours, in an error of
// crypto/tls.
func certificateHint(text string) string {
	if alert := alertIn(text); alert != "" {
		return alertHint(alert, false)
	}
	switch {
	case !strings.Contains(text, "x509: "):
		return ""
	case strings.Contains(text, "signed by unknown authority"):
		return "nobody in ca, or among the authorities of this system, has signed the server's certificate: set ca"
	case strings.Contains(text, "certificate is valid for"), strings.Contains(text, "doesn't contain any IP SANs"),
		strings.Contains(text, "is not valid for any names"), strings.Contains(text, "relies on legacy Common Name"):
		return "the server's certificate is for another name: check the host, or set server_name"
	case strings.Contains(text, "has expired or is not yet valid"):
		return "the server's certificate has expired, or the clock of this machine is wrong"
	default:
		return "check ca and server_name"
	}
}

// addressHint says what is wrong where no connection was made.
func addressHint(text string) string {
	switch {
	case strings.Contains(text, "proxyconnect"):
		return "" // it is about the proxy
	case strings.Contains(text, "connection refused"):
		return "nothing listens there: start the receiver, or check host and port"
	case strings.Contains(text, "no such host"), strings.Contains(text, "produced zero addresses"):
		return "the name of the host has no address: check it"
	default:
		return ""
	}
}

// CodeHint says what a gRPC status means for someone who exports traces; "" if nothing is certain.
func CodeHint(c codes.Code, message string) string {
	switch c {
	case codes.Unauthenticated, codes.PermissionDenied:
		return "check the credentials in the headers"
	case codes.Unimplemented, codes.Internal, codes.Unknown:
		switch {
		case notGRPC(message):
			return hintNotGRPC
		case c == codes.Unimplemented:
			return "the port speaks gRPC, but has no trace service: check host and port"
		}
	case codes.Unavailable:
		switch {
		case strings.Contains(message, "first record does not look like a TLS handshake"):
			return "the port speaks plaintext: set insecure = true or write http://"
		case strings.Contains(message, "no application protocol"), strings.Contains(message, "missing selected ALPN property"):
			return "the port has TLS, but doesn't speak gRPC: gRPC is usually 4317, OTLP/HTTP 4318"
		case strings.Contains(message, "looked like an HTTP/1.1 header"):
			return hintNotGRPC
		case strings.Contains(message, "x509: "), alertIn(message) != "":
			return certificateHint(message)
		default:
			return addressHint(message)
		}
	default:
	}
	return ""
}
