package delivery

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"

	"google.golang.org/grpc/codes"
)

// ofStatus classifies an HTTP status and the body that came with it. Uncertain statuses come from
// something between us and the destination, which may have passed the batch on.
func ofStatus(status int, body string) (o Outcome, uncertain bool) {
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return Retry, false
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return Retry, true
	case http.StatusRequestEntityTooLarge:
		return TooLarge, false
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusNotFound,
		http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusProxyAuthRequired, http.StatusGone,
		http.StatusUnsupportedMediaType, http.StatusMisdirectedRequest, http.StatusUpgradeRequired,
		http.StatusNetworkAuthenticationRequired:
		return Barred, false
	}
	switch {
	case status >= 200 && status < 300:
		return Delivered, false
	case status >= 300 && status < 400, status == http.StatusBadRequest && (wantsTLS(body) || wrongPath(body)):
		return Barred, false
	case tooLarge(body):
		return TooLarge, false
	default:
		return Refused, false
	}
}

// OfCode classifies a gRPC status code and the message that came with it. Where the message is
// about the size of the request, it counts more than the code.
func OfCode(c codes.Code, message string) (o Outcome, uncertain bool) {
	switch c {
	case codes.OK:
		return Delivered, false
	case codes.Unauthenticated, codes.PermissionDenied, codes.Unimplemented:
		return Barred, false
	case codes.Unavailable, codes.Aborted, codes.DataLoss, codes.DeadlineExceeded, codes.Canceled:
		return Retry, true
	default:
	}
	switch {
	case tooLarge(message):
		return TooLarge, false
	case c == codes.ResourceExhausted:
		return Retry, false
	case c == codes.OutOfRange:
		return Retry, true
	case notGRPC(message):
		return Barred, false
	default:
		return Refused, false
	}
}

// notGRPC recognizes what grpc-go says about an answer that isn't gRPC's.
func notGRPC(message string) bool {
	return strings.Contains(message, "unexpected HTTP status code") || strings.Contains(message, "unexpected content-type")
}

// OfError classifies a failure of the network before an HTTP status arrived. A failure that isn't known to
// be final is worth another attempt: no list of the ways in which networks fail is complete.
func OfError(err error) (o Outcome, uncertain bool) {
	switch {
	case err == nil:
		return Delivered, false
	case beforeSending(err):
		return Retry, false
	case notHTTP(err):
		return Barred, true
	default:
		return Retry, true
	}
}

// notHTTP reports what net/http says about an answer that it can't read, and about a request
// that it won't make: the next one would fare no better.
func notHTTP(err error) bool {
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return false // the connection failed, whatever was read before
	}
	text := err.Error()
	return slices.ContainsFunc([]string{
		"malformed ", "readLoopPeekFailLocked", "HTTP response to HTTPS client",
		"does not look like a TLS handshake", "response headers exceeded", "net/http: invalid ",
	}, func(words string) bool { return strings.Contains(text, words) })
}

// beforeSending reports failures that happened before the first byte of the request left.
func beforeSending(err error) bool {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect" || op.Op == "socks connect") {
		return true
	}
	if _, ok := errors.AsType[*proxyError](err); ok {
		return true
	}
	return untrusted(err) || alertIn(err.Error()) != "" || errors.Is(err, syscall.ECONNREFUSED)
}

// untrusted reports that the other side's certificate, or ours, was not accepted.
func untrusted(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var alert tls.AlertError
	return errors.As(err, &verification) || errors.As(err, &authority) ||
		errors.As(err, &host) || errors.As(err, &alert)
}

// cutOff reports that the other side ended a connection instead of answering.
func cutOff(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.EOF)
}
