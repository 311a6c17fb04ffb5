package delivery_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// said is a server that answers every request with the same bytes.
type said []byte

func (s said) RoundTrip(r *http.Request) (*http.Response, error) {
	return http.ReadResponse(bufio.NewReader(bytes.NewReader(s)), r)
}

// Whatever a server answers, a verdict is one, is bounded, can be logged and shows no secret; and how
// many spans it rejected is what the official message type reads.
func FuzzAnswers(f *testing.F) {
	const planted = "pl4nted-s3cr3t"
	for _, answer := range []string{
		"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\n\r\n\x0a\x09\x08\x03\x12\x05later",
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"partialSuccess\":{\"rejectedSpans\":\"3\",\"errorMessage\":\"x\"}}",
		"HTTP/1.1 503 Busy\r\nRetry-After: 99999999999\r\nContent-Type: application/x-protobuf\r\n\r\n\x08\x0e\x12\x04busy\x1a\x08\x0a\x04type\x12\x00",
		"HTTP/1.1 429 \x1b[31m\r\nRetry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n\r\n<html>no token " + planted,
		"HTTP/1.1 413 Large\r\nContent-Type: text/plain\r\n\r\nbody too large, Bearer " + planted,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nx", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 302 F\r\nLocation: http://x\r\n\r\n", "",
	} {
		f.Add([]byte(answer))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		h, err := delivery.NewHTTP(delivery.HTTPOptions{
			URL: "http://collector.invalid/v1/traces", RoundTripper: said(answer),
			Header: http.Header{"Authorization": {"Bearer " + planted}}, Secrets: delivery.Secrets{"Bearer " + planted, planted},
		})
		if err != nil {
			t.Fatal(err)
		}
		checkVerdict(t, h.Send(t.Context(), batch()), planted)
		if response, err := said(answer).RoundTrip(new(http.Request)); err == nil {
			defer func() { _ = response.Body.Close() }()
			if body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20)); err == nil {
				checkRejected(t, body)
				checkFailure(t, response.StatusCode, response.Header.Get("Content-Type"), body)
			}
		}
		if len(answer) > 0 {
			outcome, _ := delivery.OfCode(codes.Code(answer[0]), string(answer[1:]))
			if outcome.String() == "unknown" {
				t.Errorf("code %d is %d", answer[0], outcome)
			}
		}
	})
}

func checkVerdict(t *testing.T, v delivery.Verdict, planted string) {
	t.Helper()
	if v.Outcome.String() == "unknown" || (v.Err == nil) != (v.Outcome == delivery.Delivered) {
		t.Errorf("%v with the error %v", v.Outcome, v.Err)
	}
	if v.Rejected < 0 || v.Rejected > batch().Spans || v.After < 0 || v.After > 10*time.Minute {
		t.Errorf("%d of %d spans rejected, and %v to wait", v.Rejected, batch().Spans, v.After)
	}
	texts := []string{v.Message}
	if v.Err != nil {
		texts = append(texts, v.Err.Error())
	}
	for _, text := range texts {
		if len(text) > 2048 || !utf8.ValidString(text) || strings.Contains(text, planted) {
			t.Errorf("%d bytes: %.300q", len(text), text)
		}
		if i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("a character that isn't printed in %q", text)
		}
	}
}

// checkRejected compares with the official message type.
func checkRejected(t *testing.T, body []byte) {
	t.Helper()
	var official coltracepb.ExportTraceServiceResponse
	v := delivery.OTLPSuccess(batch(), "application/x-protobuf", body)
	if proto.Unmarshal(body, &official) != nil || len(bytes.TrimSpace(body)) == 0 {
		return
	}
	if want := min(max(official.GetPartialSuccess().GetRejectedSpans(), 0), int64(batch().Spans)); v.Outcome != delivery.Delivered || int64(v.Rejected) != want {
		t.Errorf("%v with %d rejected, want %d: %v", v.Outcome, v.Rejected, want, v.Err)
	}
}

func checkFailure(t *testing.T, status int, contentType string, body []byte) {
	t.Helper()
	if message, hint := delivery.OTLPFailure(status, contentType, body); len(hint) > 1024 || len(message) > len(body)+1024 {
		t.Errorf("%d bytes of hint, %d of message", len(hint), len(message))
	}
}
