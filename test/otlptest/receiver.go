package otlptest

import (
	"compress/gzip"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip" // so that it takes compressed calls
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Receiver takes OTLP over HTTP or gRPC, remembers each span and answers as its behavior
// says. It is safe for concurrent use.
type Receiver struct {
	tb      testing.TB
	address string
	start   func(net.Listener) (stop func())
	stop    func()
	release func() // of the port, while it is down; nil if it isn't held

	mu       sync.Mutex
	behave   func(request int) Behavior
	requests int
	spans    map[string]int
	rejected map[string]bool
	order    []string
	bodies   [][]byte
	headers  []http.Header
}

// NewHTTP returns a receiver of OTLP/HTTP that is up; the test's end takes it down.
func NewHTTP(tb testing.TB) *Receiver {
	tb.Helper()
	r := newReceiver(tb)
	r.start = func(l net.Listener) func() {
		server := &http.Server{Handler: r, ReadHeaderTimeout: 10 * time.Second}
		go func() { _ = server.Serve(l) }()
		return func() { _ = server.Close() }
	}
	r.Up()
	return r
}

// NewGRPC returns a receiver of OTLP/gRPC that is up; nil credentials mean plaintext.
func NewGRPC(tb testing.TB, creds credentials.TransportCredentials) *Receiver {
	tb.Helper()
	r := newReceiver(tb)
	r.start = func(l net.Listener) func() {
		var options []grpc.ServerOption
		if creds != nil {
			options = append(options, grpc.Creds(creds))
		}
		server := grpc.NewServer(options...)
		coltracepb.RegisterTraceServiceServer(server, &service{receiver: r})
		go func() { _ = server.Serve(l) }()
		return server.Stop
	}
	r.Up()
	return r
}

func newReceiver(tb testing.TB) *Receiver {
	tb.Helper()
	r := &Receiver{tb: tb, spans: map[string]int{}, rejected: map[string]bool{}, address: "127.0.0.1:0"}
	tb.Cleanup(func() {
		r.Down()
		r.letGo()
	})
	return r
}

// Up lets the receiver listen, on the same port as before if it was up already.
func (r *Receiver) Up() {
	r.tb.Helper()
	r.letGo()
	var l net.Listener
	var err error
	for range 1000 { // the port may be taken for a moment
		if l, err = (&net.ListenConfig{}).Listen(context.Background(), "tcp", r.address); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		r.tb.Fatal(err)
	}
	r.address = l.Addr().String()
	r.stop = r.start(l)
}

// Down lets it refuse connections, and cuts the ones that it has. Its port stays its own.
func (r *Receiver) Down() {
	if r.stop != nil {
		r.stop()
		r.stop, r.release = nil, hold(r.address)
	}
}

func (r *Receiver) letGo() {
	if r.release != nil {
		r.release()
		r.release = nil
	}
}

// Address returns HOST:PORT.
func (r *Receiver) Address() string { return r.address }

// URL returns where OTLP/HTTP goes.
func (r *Receiver) URL() string { return "http://" + r.address + "/v1/traces" }

// Behave sets what happens to each request, counted from 0; nil means that all succeed.
func (r *Receiver) Behave(f func(request int) Behavior) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.behave = f
}

// Spans returns how often each span id (in hexadecimal) was stored.
func (r *Receiver) Spans() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.spans)
}

// Rejected returns the span ids that a partial success turned away.
func (r *Receiver) Rejected() map[string]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.rejected)
}

// Order returns the span ids in the order in which they were stored, duplicates too.
func (r *Receiver) Order() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.order...)
}

// Requests returns how many requests arrived.
func (r *Receiver) Requests() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests
}

// Headers returns those of each HTTP request.
func (r *Receiver) Headers() []http.Header {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]http.Header(nil), r.headers...)
}

// Bodies returns the decompressed body of each request.
func (r *Receiver) Bodies() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([][]byte(nil), r.bodies...)
}

func (r *Receiver) next() Behavior {
	n := r.requests
	r.requests++
	if r.behave == nil {
		return Behavior{Store: true}
	}
	return r.behave(n)
}

// arrive decides what happens to a request and stores its spans if the behavior says so.
func (r *Receiver) arrive(request *coltracepb.ExportTraceServiceRequest, record func()) (b Behavior, partial *coltracepb.ExportTracePartialSuccess) {
	r.mu.Lock()
	defer r.mu.Unlock()
	record()
	b = r.next()
	if !b.Store {
		return b, nil
	}
	left := b.Reject
	Each(request.GetResourceSpans(), func(s *tracepb.Span) {
		id := hex.EncodeToString(s.GetSpanId())
		if left > 0 {
			left--
			r.rejected[id] = true
			return
		}
		r.spans[id]++
		r.order = append(r.order, id)
	})
	if b.Reject > 0 || b.Warn != "" {
		partial = &coltracepb.ExportTracePartialSuccess{RejectedSpans: int64(b.Reject), ErrorMessage: b.Warn}
	}
	return b, partial
}

// ServeHTTP answers one OTLP/HTTP request.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := readBody(req)
	var request coltracepb.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &request)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b, partial := r.arrive(&request, func() {
		r.bodies = append(r.bodies, body)
		r.headers = append(r.headers, req.Header.Clone())
	})
	b.wait(req.Context())
	if b.answer(w) {
		return
	}
	answer, _ := proto.Marshal(&coltracepb.ExportTraceServiceResponse{PartialSuccess: partial}) // a fresh message always encodes
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(answer)
}

func readBody(req *http.Request) ([]byte, error) {
	switch req.Header.Get("Content-Encoding") {
	case "":
		return io.ReadAll(req.Body)
	case "gzip":
		z, err := gzip.NewReader(req.Body)
		if err != nil {
			return nil, err
		}
		return io.ReadAll(z)
	default:
		return nil, errors.New("unknown encoding")
	}
}

type service struct {
	coltracepb.UnimplementedTraceServiceServer

	receiver *Receiver
}

// Export answers one OTLP/gRPC call.
func (s *service) Export(ctx context.Context, request *coltracepb.ExportTraceServiceRequest) (*coltracepb.ExportTraceServiceResponse, error) {
	body, err := proto.Marshal(request)
	if err != nil {
		return nil, err
	}
	b, partial := s.receiver.arrive(request, func() {
		s.receiver.headers = append(s.receiver.headers, headerOf(ctx))
		s.receiver.bodies = append(s.receiver.bodies, body)
	})
	b.wait(ctx)
	if err := ctx.Err(); err != nil { // an answer could still win the race against the deadline
		return nil, status.FromContextError(err).Err()
	}
	if err := b.status(); err != nil {
		return nil, err
	}
	return &coltracepb.ExportTraceServiceResponse{PartialSuccess: partial}, nil
}

// Each calls f for every span, in order.
func Each(spans []*tracepb.ResourceSpans, f func(*tracepb.Span)) {
	for _, rs := range spans {
		for _, ss := range rs.GetScopeSpans() {
			for _, s := range ss.GetSpans() {
				f(s)
			}
		}
	}
}

// IsUp reports whether the receiver listens.
func (r *Receiver) IsUp() bool { return r.stop != nil }
