package delivery_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/test/otlptest"
)

const method = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

func newGRPC(tb testing.TB, target string, o delivery.GRPCOptions) *delivery.GRPC {
	tb.Helper()
	conn, err := delivery.Dial(target, insecure.NewCredentials(), "test")
	if err != nil {
		tb.Fatal(err)
	}
	o.Conn, o.Method = conn, method
	g := delivery.NewGRPC(o)
	tb.Cleanup(func() { _ = g.Close() })
	return g
}

func TestGRPCVerdicts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		give otlptest.Behavior
		want delivery.Outcome
		says string
	}{
		{otlptest.Behavior{Store: true}, delivery.Delivered, ""},
		{otlptest.Behavior{Code: codes.InvalidArgument, Body: "no name"}, delivery.Refused, "answered InvalidArgument: no name"},
		{otlptest.Behavior{Code: codes.Unauthenticated}, delivery.Barred, "credentials in the headers"},
		{otlptest.Behavior{Code: codes.Unimplemented}, delivery.Barred, "no trace service"},
		{otlptest.Behavior{Code: codes.Unavailable, Body: "later"}, delivery.Retry, "Unavailable: later"},
		{otlptest.Behavior{Code: codes.ResourceExhausted, RetryInfo: 3 * time.Second}, delivery.Retry, "ResourceExhausted"},
		{otlptest.Behavior{Code: codes.ResourceExhausted, Body: "grpc: received message larger than max"}, delivery.TooLarge, ""},
	} {
		t.Run(tt.give.Code.String()+tt.give.Body, func(t *testing.T) {
			t.Parallel()
			r := otlptest.NewGRPC(t, nil)
			r.Behave(func(int) otlptest.Behavior { return tt.give })
			v := newGRPC(t, r.Address(), delivery.GRPCOptions{}).Send(t.Context(), request(t))
			if v.Outcome != tt.want || v.After != tt.give.RetryInfo {
				t.Errorf("got %v after %v (%v), want %v after %v", v.Outcome, v.After, v.Err, tt.want, tt.give.RetryInfo)
			}
			if v.Err != nil && !strings.Contains(v.Err.Error(), tt.says) {
				t.Errorf("got %q, want %q", v.Err, tt.says)
			}
		})
	}
}

func TestGRPCDelivers(t *testing.T) {
	t.Parallel()
	r := otlptest.NewGRPC(t, nil)
	r.Behave(func(int) otlptest.Behavior { return otlptest.Behavior{Store: true, Reject: 1, Warn: "old"} })
	g := newGRPC(t, r.Address(), delivery.GRPCOptions{Gzip: true, Metadata: map[string]string{"x-tenant": "a"}})
	v := g.Send(t.Context(), request(t))
	if v.Outcome != delivery.Delivered || v.Rejected != 1 || v.Message != "old" {
		t.Errorf("got %+v", v)
	}
	if len(r.Spans()) != 1 || r.Headers()[0].Get("x-tenant") != "a" {
		t.Errorf("arrived: %v with %v", r.Spans(), r.Headers())
	}
}

func TestGRPCRefusedConnection(t *testing.T) {
	t.Parallel()
	v := newGRPC(t, nobody, delivery.GRPCOptions{}).Send(t.Context(), request(t))
	if v.Outcome != delivery.Retry || v.Uncertain {
		t.Errorf("got %+v", v)
	}
}

func TestGRPCTimeout(t *testing.T) {
	t.Parallel()
	r := otlptest.NewGRPC(t, nil)
	late := newDeadline(t)
	r.Behave(func(int) otlptest.Behavior {
		late.pass()
		return otlptest.Behavior{Store: true, Delay: time.Minute}
	})
	v := newGRPC(t, r.Address(), delivery.GRPCOptions{}).Send(late, request(t))
	if v.Outcome != delivery.Retry || !v.Uncertain {
		t.Errorf("got %+v", v)
	}
}

func TestGRPCHintsAtTheWrongPort(t *testing.T) {
	t.Parallel()
	web, rpc := otlptest.NewHTTP(t), otlptest.NewGRPC(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	v := newGRPC(t, web.Address(), delivery.GRPCOptions{}).Send(ctx, request(t))
	if v.Outcome != delivery.Retry || !strings.Contains(v.Err.Error(), "4317") {
		t.Errorf("an HTTP port: %+v", v)
	}
	conn, err := delivery.Dial(rpc.Address(), credentials.NewTLS(nil), "test")
	if err != nil {
		t.Fatal(err)
	}
	secured := delivery.NewGRPC(delivery.GRPCOptions{Conn: conn, Method: method})
	defer func() { _ = secured.Close() }()
	if v := secured.Send(ctx, request(t)); !strings.Contains(v.Err.Error(), "insecure = true") {
		t.Errorf("TLS to a plaintext port: %v", v.Err)
	}
	tlsWeb := httptest.NewTLSServer(http.NotFoundHandler())
	defer tlsWeb.Close()
	alpn, err := delivery.Dial(tlsWeb.Listener.Addr().String(), credentials.NewTLS(&tls.Config{RootCAs: roots(tlsWeb)}), "test")
	if err != nil {
		t.Fatal(err)
	}
	web2 := delivery.NewGRPC(delivery.GRPCOptions{Conn: alpn, Method: method})
	defer func() { _ = web2.Close() }()
	if v := web2.Send(ctx, request(t)); !strings.Contains(v.Err.Error(), "doesn't speak gRPC") {
		t.Errorf("gRPC to an HTTPS port: %v", v.Err)
	}
	if v := newHTTP(t, delivery.HTTPOptions{URL: rpc.URL()}).Send(ctx, request(t)); !strings.Contains(v.Err.Error(), "4318") {
		t.Errorf("HTTP to a gRPC port: %v", v.Err)
	}
}

func TestGRPCKeepsSecrets(t *testing.T) {
	t.Parallel()
	r := otlptest.NewGRPC(t, nil)
	r.Behave(func(int) otlptest.Behavior {
		return otlptest.Behavior{Code: codes.Unauthenticated, Body: "unknown pl4nted"}
	})
	v := newGRPC(t, r.Address(), delivery.GRPCOptions{Secrets: delivery.Secrets{"pl4nted"}}).Send(t.Context(), request(t))
	if v.Err == nil || strings.Contains(v.Err.Error(), "pl4nted") {
		t.Errorf("got %v", v.Err)
	}
}
