package delivery_test

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

	"github.com/tracehook/tracehook/exporter/delivery"
)

func TestOfStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]delivery.Outcome{
		200: delivery.Delivered, 202: delivery.Delivered, 204: delivery.Delivered,
		301: delivery.Refused, 307: delivery.Refused,
		400: delivery.Refused, 401: delivery.Refused, 403: delivery.Refused, 404: delivery.Refused, 408: delivery.Refused, 413: delivery.Refused,
		429: delivery.Retry, 500: delivery.Refused, 501: delivery.Refused, 502: delivery.Retry, 503: delivery.Retry, 504: delivery.Retry, 505: delivery.Refused,
	} {
		if got, _ := delivery.OfStatus(status); got != want {
			t.Errorf("%d is %v, want %v", status, got, want)
		}
	}
}

func TestOfCode(t *testing.T) {
	t.Parallel()
	for c := codes.OK; c <= codes.Unauthenticated; c++ {
		want := delivery.Refused
		switch c {
		case codes.OK:
			want = delivery.Delivered
		case codes.Canceled, codes.DeadlineExceeded, codes.Aborted, codes.OutOfRange, codes.Unavailable, codes.DataLoss, codes.ResourceExhausted:
			want = delivery.Retry
		default:
		}
		if got, _ := delivery.OfCode(c, "busy"); got != want {
			t.Errorf("%v is %v, want %v", c, got, want)
		}
	}
	if got, _ := delivery.OfCode(codes.ResourceExhausted, "grpc: received message larger than max (5 vs. 4)"); got != delivery.Refused {
		t.Errorf("a message that is too large is %v", got)
	}
}

func TestOfError(t *testing.T) {
	t.Parallel()
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, tt := range []struct {
		err       error
		want      delivery.Outcome
		uncertain bool
	}{
		{nil, delivery.Delivered, false},
		{dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), delivery.Retry, false},
		{dial(os.ErrDeadlineExceeded), delivery.Retry, false},
		{&net.DNSError{Err: "no such host", Name: "nowhere", IsNotFound: true}, delivery.Retry, false},
		{x509.HostnameError{Host: "a", Certificate: &x509.Certificate{}}, delivery.Retry, false},
		{x509.UnknownAuthorityError{}, delivery.Retry, false},
		{io.EOF, delivery.Retry, true},
		{io.ErrUnexpectedEOF, delivery.Retry, true},
		{&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, delivery.Retry, true},
		{&net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE)}, delivery.Retry, true},
		{context.DeadlineExceeded, delivery.Retry, true},
		{context.Canceled, delivery.Retry, true},
		{errors.New("http: server closed idle connection"), delivery.Retry, true},
		{errors.New("http2: server sent GOAWAY and closed the connection"), delivery.Retry, true},
		{errors.New("stream error: stream ID 1; INTERNAL_ERROR; received from peer"), delivery.Retry, true},
		{errors.New("connection error: ENHANCE_YOUR_CALM"), delivery.Retry, true},
		{errors.New("something that no list has"), delivery.Retry, true},
		{&net.OpError{Op: "socks connect", Net: "tcp", Err: errors.New("unknown error host unreachable")}, delivery.Retry, false},
		{errors.New(`malformed HTTP response "\x00"`), delivery.Refused, true},
		{errors.New("http: server gave HTTP response to HTTPS client"), delivery.Refused, true},
	} {
		for _, err := range []error{tt.err, wrap(tt.err)} {
			if got, uncertain := delivery.OfError(err); got != tt.want || uncertain != tt.uncertain {
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
		if got := delivery.RetryAfter(give, now); got != want {
			t.Errorf("%q is %v, want %v", give, got, want)
		}
	}
}
