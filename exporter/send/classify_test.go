package send_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/tracehook/tracehook/exporter/send"
)

func TestOfStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]send.Outcome{
		200: send.Delivered, 202: send.Delivered, 204: send.Delivered,
		301: send.Refused, 307: send.Refused,
		400: send.Refused, 401: send.Refused, 403: send.Refused, 404: send.Refused, 408: send.Refused, 413: send.Refused,
		429: send.Retry, 500: send.Refused, 501: send.Refused, 502: send.Retry, 503: send.Retry, 504: send.Retry, 505: send.Refused,
	} {
		if got, _ := send.OfStatus(status); got != want {
			t.Errorf("%d is %v, want %v", status, got, want)
		}
	}
}

func TestOfCode(t *testing.T) {
	t.Parallel()
	for c := codes.OK; c <= codes.Unauthenticated; c++ {
		want := send.Refused
		switch c {
		case codes.OK:
			want = send.Delivered
		case codes.Canceled, codes.DeadlineExceeded, codes.Aborted, codes.OutOfRange, codes.Unavailable, codes.DataLoss, codes.ResourceExhausted:
			want = send.Retry
		default:
		}
		if got, _ := send.OfCode(c, "busy"); got != want {
			t.Errorf("%v is %v, want %v", c, got, want)
		}
	}
	if got, _ := send.OfCode(codes.ResourceExhausted, "grpc: received message larger than max (5 vs. 4)"); got != send.Refused {
		t.Errorf("a message that is too large is %v", got)
	}
}

func TestOfError(t *testing.T) {
	t.Parallel()
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, tt := range []struct {
		err       error
		want      send.Outcome
		uncertain bool
	}{
		{nil, send.Delivered, false},
		{dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), send.Retry, false},
		{dial(os.ErrDeadlineExceeded), send.Retry, false},
		{&net.DNSError{Err: "no such host", Name: "nowhere", IsNotFound: true}, send.Retry, false},
		{x509.HostnameError{Host: "a", Certificate: &x509.Certificate{}}, send.Retry, false},
		{x509.UnknownAuthorityError{}, send.Retry, false},
		{io.EOF, send.Retry, true},
		{io.ErrUnexpectedEOF, send.Retry, true},
		{&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, send.Retry, true},
		{&net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE)}, send.Retry, true},
		{context.DeadlineExceeded, send.Retry, true},
		{context.Canceled, send.Retry, true},
		{errors.New("http: server closed idle connection"), send.Retry, true},
		{errors.New("http2: server sent GOAWAY and closed the connection"), send.Retry, true},
		{errors.New("stream error: stream ID 1; INTERNAL_ERROR; received from peer"), send.Retry, true},
		{errors.New("connection error: ENHANCE_YOUR_CALM"), send.Retry, true},
		{errors.New("something that no list has"), send.Retry, true},
		{&net.OpError{Op: "socks connect", Net: "tcp", Err: errors.New("unknown error host unreachable")}, send.Retry, false},
		{errors.New(`malformed HTTP response "\x00"`), send.Refused, true},
		{errors.New("http: server gave HTTP response to HTTPS client"), send.Refused, true},
	} {
		for _, err := range []error{tt.err, wrap(tt.err)} {
			if got, uncertain := send.OfError(err); got != tt.want || uncertain != tt.uncertain {
				t.Errorf("%v is %v, uncertain %t; want %v, %t", err, got, uncertain, tt.want, tt.uncertain)
			}
		}
	}
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("posting: %w", err)
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	for give, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, "\t7": 7 * time.Second, "-1": 0, "1.5": 0, "soon": 0,
		"99999999999999999999": 10 * time.Minute, "4000000000": 10 * time.Minute,
		now.Add(90 * time.Second).Format(http.TimeFormat): 90 * time.Second,
		now.Add(-time.Hour).Format(http.TimeFormat):       0,
		now.Add(time.Hour).Format(http.TimeFormat):        10 * time.Minute,
	} {
		if got := send.RetryAfter(give, now); got != want {
			t.Errorf("%q is %v, want %v", give, got, want)
		}
	}
}
