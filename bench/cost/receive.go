package cost

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// receive takes spans over HTTP and gRPC, prints its two addresses, and, when its standard
// input ends, how many spans it was sent.
func receive() error {
	var s sink
	var listen net.ListenConfig
	web, err := listen.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	rpc, err := listen.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() { _ = http.Serve(web, &s) }() // it lives as long as one measurement
	server := grpc.NewServer()
	coltracepb.RegisterTraceServiceServer(server, &s)
	go func() { _ = server.Serve(rpc) }()
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode([]string{web.Addr().String(), rpc.Addr().String()}); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return out.Encode(s.spans.Load())
}

type sink struct {
	coltracepb.UnimplementedTraceServiceServer

	spans atomic.Int64
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var request coltracepb.ExportTraceServiceRequest
	body, err := io.ReadAll(r.Body)
	if err != nil || proto.Unmarshal(body, &request) != nil {
		http.Error(w, "not a request", http.StatusBadRequest)
		return
	}
	s.count(&request)
}

func (s *sink) Export(_ context.Context, request *coltracepb.ExportTraceServiceRequest) (*coltracepb.ExportTraceServiceResponse, error) {
	s.count(request)
	return &coltracepb.ExportTraceServiceResponse{}, nil
}

func (s *sink) count(request *coltracepb.ExportTraceServiceRequest) {
	for _, rs := range request.GetResourceSpans() {
		for _, ss := range rs.GetScopeSpans() {
			s.spans.Add(int64(len(ss.GetSpans())))
		}
	}
}
