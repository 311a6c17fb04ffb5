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
		301: Barred, 307: Barred,
		400: Refused, 401: Barred, 403: Barred, 404: Barred, 405: Barred, 408: Refused, 413: TooLarge,
		415: Barred, 429: Retry, 500: Refused, 501: Refused, 502: Retry, 503: Retry, 504: Retry, 505: Refused,
	} {
		if got, _ := ofStatus(status, "no"); got != want {
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
		case codes.Unauthenticated, codes.PermissionDenied, codes.Unimplemented:
			want = Barred
		default:
		}
		if got, _ := OfCode(c, "busy"); got != want {
			t.Errorf("%v is %v, want %v", c, got, want)
		}
	}
}

// Each line is what some implementation says, with the code that it uses.
func TestWordsAboutSize(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		code    codes.Code
		message string
		want    Outcome
	}{
		{codes.ResourceExhausted, "grpc: received message larger than max (5243108 vs. 4194304)", TooLarge},
		{codes.ResourceExhausted, "grpc: received message after decompression larger than max 4194304", TooLarge},
		{codes.ResourceExhausted, "gRPC message exceeds maximum size 4194304: 5242880", TooLarge},
		{codes.ResourceExhausted, "Received message exceeds the maximum configured message size.", TooLarge},
		{codes.ResourceExhausted, "CLIENT: Received message larger than max (5242880 vs. 4194304)", TooLarge},
		{codes.OutOfRange, "Error, decoded message length too large: found 5242880 bytes, the limit is: 4194304 bytes", TooLarge},
		{codes.Unknown, `unexpected HTTP status code received from server: 413 (Request Entity Too Large); transport: received unexpected content-type "text/html"`, TooLarge},
		{codes.Internal, "request body too large", TooLarge},
		{codes.ResourceExhausted, "ingestion rate limit exceeded: the rate exceeds the maximum of 15000000 bytes", Retry},
		{codes.ResourceExhausted, "too many requests", Retry},
		{codes.OutOfRange, "out of range", Retry},
		{codes.Unavailable, "connection error: body too large", Retry},
		{codes.InvalidArgument, "received header larger than max", Refused},
		{codes.Unknown, `unexpected HTTP status code received from server: 200 (OK); transport: received unexpected content-type "text/html"`, Barred},
	} {
		if got, _ := OfCode(tt.code, tt.message); got != tt.want {
			t.Errorf("%v %q is %v, want %v", tt.code, tt.message, got, tt.want)
		}
	}
	for _, tt := range []struct {
		status int
		body   string
		want   Outcome
	}{
		{400, "http: request body too large", TooLarge},
		{400, "<html><center>Request Header Or Cookie Too Large</center></html>", Refused},
		{400, "Client sent an HTTP request to an HTTPS server.", Barred},
		{500, `{"message":"Payload Too Large"}`, TooLarge},
		{429, "request too large", Retry},
		{413, "", TooLarge},
		{422, "Failed to buffer the request body: length limit exceeded", TooLarge},
	} {
		if got, _ := ofStatus(tt.status, tt.body); got != tt.want {
			t.Errorf("%d %q is %v, want %v", tt.status, tt.body, got, tt.want)
		}
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
		{errors.New(`malformed HTTP response "\x00"`), Barred, true},
		{errors.New("http: server gave HTTP response to HTTPS client"), Barred, true},
	} {
		for _, err := range []error{tt.err, wrap(tt.err)} {
			if got, uncertain := OfError(err); got != tt.want || uncertain != tt.uncertain {
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
