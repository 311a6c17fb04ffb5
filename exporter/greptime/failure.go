package greptime

import (
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// Codes in the answers of GreptimeDB's authentication.
const (
	codeUserNotFound  = 7000
	codeWrongPassword = 7002
	codeNoCredentials = 7003
	codeAccessDenied  = 7005
)

// failure turns an answer of GreptimeDB into what it said and what to do about it. There are
// four forms: a protobuf Status where spans were looked at, JSON with a code from its
// authentication, JSON without one from everything else, and plain text from the web
// framework under it.
func failure(status int, contentType string, body []byte) (message, hint string) {
	var code int
	switch media, _, _ := mime.ParseMediaType(contentType); media {
	case "application/x-protobuf":
		var st spb.Status
		if proto.Unmarshal(body, &st) == nil {
			message = st.GetMessage()
		}
	case "text/html":
		message = "a web page"
	default:
		message = strings.TrimSpace(string(body))
		var answer struct {
			Error string `json:"error"`
			Code  int    `json:"code"`
		}
		if json.Unmarshal(body, &answer) == nil && answer.Error != "" {
			message, code = answer.Error, answer.Code
		}
	}
	return message, failureHint(status, code, message)
}

// failureHint says what to do; "" if nothing can be said.
func failureHint(status, code int, message string) string {
	switch code {
	case codeNoCredentials:
		return "this GreptimeDB wants credentials: set username and password"
	case codeUserNotFound, codeWrongPassword:
		return "check username and password"
	case codeAccessDenied:
		return "the user has no access to the database: check database, or let the user in"
	}
	for _, known := range []struct{ words, hint string }{
		{"Pipeline is required", "something between here and GreptimeDB takes the x-greptime-pipeline-name header away: let it pass"},
		{"Unsupported pipeline", "this GreptimeDB doesn't know greptime_trace_v1: it needs version 0.14 or later"},
		{"pre-write request failure", "GreptimeDB gave up before it looked at a span, most likely because the database doesn't exist: check database, or create it"},
		{"trace_table_partitions", "this GreptimeDB doesn't take the number of partitions: leave partitions out"},
		{"failed to coerce", "a value doesn't fit the type that its column has in the table: give the attribute one type everywhere, or write to a new table"},
		{"Failed to decode OTLP request", "something between here and GreptimeDB changes the request: check proxies, or set compression = \"none\""},
	} {
		if strings.Contains(message, known.words) {
			return known.hint
		}
	}
	return statusHint(status)
}

func statusHint(status int) string {
	switch status {
	case http.StatusForbidden:
		return "the user may not write: give it the right to, or use another one"
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return "this is not GreptimeDB's HTTP API, or one before version 0.13: check host and port, OTLP/HTTP is 4000"
	case http.StatusRequestTimeout:
		return "GreptimeDB's own timeout was shorter than the write: lower batch"
	case http.StatusUnauthorized:
		return "check username and password"
	case http.StatusTooManyRequests:
		return "GreptimeDB is short of memory for requests"
	default:
		return delivery.StatusHint(status)
	}
}

// networkHint knows the most common mistake of all. A gRPC server speaks first, so that its
// greeting may arrive before the request has left; net/http has words of its own for that.
func networkHint(err error) string {
	text := err.Error()
	for _, words := range []string{"malformed HTTP", "readLoopPeekFailLocked", "Unsolicited response"} {
		if strings.Contains(text, words) {
			return "the port doesn't speak HTTP/1.1: 4001 is GreptimeDB's gRPC port; OTLP/HTTP is 4000"
		}
	}
	return delivery.NetworkHint(err)
}
