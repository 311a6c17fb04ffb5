package otlptest

import (
	"context"
	"net"
	"net/http"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Behavior is what a receiver does with one request. The zero Behavior forgets the spans
// and says that all is well: a receiver that lies.
type Behavior struct {
	// Warn is the message of a partial success.
	Warn string
	// RetryAfter is the header of that name.
	RetryAfter string
	// Body is what follows a Status.
	Body string
	// ContentType is that of Body.
	ContentType string
	// Delay passes before the answer, or until the client is gone.
	Delay time.Duration
	// RetryInfo is the detail of that name of a gRPC status.
	RetryInfo time.Duration
	// Status is the HTTP status; 0 is 200.
	Status int
	// Code is the gRPC status; OK means the one that comes nearest to Status, or Unavailable
	// for Reset and Garbage.
	Code codes.Code
	// Reject is how many spans of a stored request are turned away.
	Reject int
	// Store remembers the spans, whatever is answered.
	Store bool
	// Reset cuts the connection instead of answering.
	Reset bool
	// Garbage answers with something that is not HTTP.
	Garbage bool
	// CloseIdle closes the connection after the answer.
	CloseIdle bool
}

func (b Behavior) wait(ctx context.Context) {
	if b.Delay <= 0 {
		return
	}
	t := time.NewTimer(b.Delay)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// answer reports whether it has answered.
func (b Behavior) answer(w http.ResponseWriter) bool {
	if b.Reset || b.Garbage {
		h, ok := w.(http.Hijacker)
		if !ok {
			return false
		}
		conn, _, err := h.Hijack()
		if err != nil {
			return false
		}
		if b.Garbage {
			_, _ = conn.Write([]byte("\x00\x01garbage, not HTTP\r\n\r\n"))
		} else if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
		return true
	}
	if b.CloseIdle {
		w.Header().Set("Connection", "close")
	}
	if b.Status == 0 {
		return false
	}
	if b.RetryAfter != "" {
		w.Header().Set("Retry-After", b.RetryAfter)
	}
	if b.ContentType != "" {
		w.Header().Set("Content-Type", b.ContentType)
	}
	w.WriteHeader(b.Status)
	_, _ = w.Write([]byte(b.Body))
	return true
}

func (b Behavior) status() error {
	code := b.Code
	switch {
	case code != codes.OK:
	case b.Reset, b.Garbage, b.Status == http.StatusBadGateway, b.Status == http.StatusServiceUnavailable, b.Status == http.StatusGatewayTimeout:
		code = codes.Unavailable
	case b.Status == http.StatusTooManyRequests:
		code = codes.ResourceExhausted
	case b.Status >= http.StatusMultipleChoices:
		code = codes.InvalidArgument
	default:
		return nil
	}
	st := status.New(code, b.Body)
	if b.RetryInfo > 0 {
		if detailed, err := st.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(b.RetryInfo)}); err == nil {
			st = detailed
		}
	}
	return st.Err()
}

func headerOf(ctx context.Context) http.Header {
	h := make(http.Header)
	md, _ := metadata.FromIncomingContext(ctx)
	for key, values := range md {
		for _, value := range values {
			h.Add(key, value)
		}
	}
	return h
}
