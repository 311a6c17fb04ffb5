package delivery

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// OTLPSuccess reads the body of a 2xx answer of an OTLP receiver. An empty one is a full
// success. One that can't be read is a refusal: nobody knows what was stored, and asking
// again could store it twice.
func OTLPSuccess(b Batch, contentType string, body []byte) Verdict {
	if len(body) == 0 {
		return Verdict{}
	}
	var answer coltracepb.ExportTraceServiceResponse
	var err error
	switch media, _, _ := mime.ParseMediaType(contentType); media {
	case "application/x-protobuf", "application/protobuf":
		err = proto.Unmarshal(body, &answer)
	case "application/json":
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(body, &answer)
	case "text/html":
		return Verdict{Outcome: Refused, Err: errors.New("answered with a web page: this is no OTLP receiver, check host, port and path")}
	default:
		return Verdict{} // some small receivers answer "ok"
	}
	if err != nil {
		return Verdict{Outcome: Refused, Uncertain: true, Err: fmt.Errorf("said yes, but the rest of the answer (%d bytes of %s) can't be read", len(body), contentType)}
	}
	return Delivery(b.Spans, answer.GetPartialSuccess().GetRejectedSpans(), answer.GetPartialSuccess().GetErrorMessage())
}

// OTLPFailure reads the status message of an answer that is no success, and knows what
// the common ones mean.
func OTLPFailure(status int, contentType string, body []byte) (message, hint string) {
	message = strings.TrimSpace(string(body))
	var st spb.Status
	switch media, _, _ := mime.ParseMediaType(contentType); media {
	case "application/x-protobuf", "application/protobuf":
		message = ""
		if proto.Unmarshal(body, &st) == nil {
			message = st.GetMessage()
		}
	case "application/json":
		if (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, &st) == nil && st.GetMessage() != "" {
			message = st.GetMessage()
		}
	case "text/html":
		if !wantsTLS(message) {
			message = "a web page"
		}
	}
	if status == http.StatusBadRequest && wantsTLS(message) {
		return message, "the port wants TLS: write https://"
	}
	return message, StatusHint(status)
}

// wantsTLS recognizes what web servers say to plaintext on a port for TLS.
func wantsTLS(message string) bool {
	message = strings.ToLower(message)
	return strings.Contains(message, "http request to an https server") || // Go
		strings.Contains(message, "plain http request was sent to https port") // nginx
}

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
	case http.StatusRequestEntityTooLarge:
		return "the batch is too large for it: lower batch"
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
