package delivery

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
)

func TestOfStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]Outcome{
		200: Delivered, 202: Delivered, 204: Delivered,
		301: Refused, 307: Refused,
		400: Refused, 401: Refused, 403: Refused, 404: Refused, 408: Refused, 413: Refused,
		429: Retry, 500: Refused, 501: Refused, 502: Retry, 503: Retry, 504: Retry, 505: Refused,
	} {
		if got, _ := ofStatus(status); got != want {
			t.Errorf("%d is %v, want %v", status, got, want)
		}
	}
}

func TestOfCode(t *testing.T) {
	t.Parallel()
	for c := codes.OK; c <= codes.Unauthenticated; c++ {
		want := Refused
		switch c {
		case codes.OK:
			want = Delivered
		case codes.Canceled, codes.DeadlineExceeded, codes.Aborted, codes.OutOfRange, codes.Unavailable, codes.DataLoss, codes.ResourceExhausted:
			want = Retry
		default:
		}
		if got, _ := OfCode(c, "busy"); got != want {
			t.Errorf("%v is %v, want %v", c, got, want)
		}
	}
	if got, _ := OfCode(codes.ResourceExhausted, "grpc: received message larger than max (5 vs. 4)"); got != Refused {
		t.Errorf("a message that is too large is %v", got)
	}
}

func TestOfError(t *testing.T) {
	t.Parallel()
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, tt := range []struct {
		err       error
		want      Outcome
		uncertain bool
	}{
		{nil, Delivered, false},
		{dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), Retry, false},
		{dial(os.ErrDeadlineExceeded), Retry, false},
		{&net.DNSError{Err: "no such host", Name: "nowhere", IsNotFound: true}, Retry, false},
		{x509.HostnameError{Host: "a", Certificate: &x509.Certificate{}}, Retry, false},
		{x509.UnknownAuthorityError{}, Retry, false},
		{io.EOF, Retry, true},
		{io.ErrUnexpectedEOF, Retry, true},
		{&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, Retry, true},
		{&net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE)}, Retry, true},
		{context.DeadlineExceeded, Retry, true},
		{context.Canceled, Retry, true},
		{errors.New("http: server closed idle connection"), Retry, true},
		{errors.New("http2: server sent GOAWAY and closed the connection"), Retry, true},
		{errors.New("stream error: stream ID 1; INTERNAL_ERROR; received from peer"), Retry, true},
		{errors.New("connection error: ENHANCE_YOUR_CALM"), Retry, true},
		{errors.New("something that no list has"), Retry, true},
		{&net.OpError{Op: "socks connect", Net: "tcp", Err: errors.New("unknown error host unreachable")}, Retry, false},
		{errors.New(`malformed HTTP response "\x00"`), Refused, true},
		{errors.New("http: server gave HTTP response to HTTPS client"), Refused, true},
	} {
		for _, err := range []error{tt.err, wrap(tt.err)} {
			if got, uncertain := ofError(err); got != tt.want || uncertain != tt.uncertain {
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
		if got := retryAfter(give, now); got != want {
			t.Errorf("%q is %v, want %v", give, got, want)
		}
	}
}

func TestDeliveryClampsWhatABrokenServerCounts(t *testing.T) {
	t.Parallel()
	for give, want := range map[int64]int{-5: 0, 0: 0, 3: 3, 11: 10, 1 << 60: 10} {
		if got := deliveredBut(10, give, "").Rejected; got != want {
			t.Errorf("rejected %d of 10: got %d, want %d", give, got, want)
		}
	}
}
