package delivery_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// A stream that the other end resets, as proxies do when what is behind them goes away, is no
// answer.
func TestHTTP2ResetStream(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })) //nolint:forbidigo // how net/http is told to reset a stream
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	h := newHTTP(t, delivery.HTTPOptions{URL: server.URL, RoundTripper: delivery.NewRoundTripper(&tls.Config{RootCAs: roots(server)}, nil)})
	if v := h.Send(t.Context(), request(t)); v.Outcome != delivery.Retry || !v.Uncertain {
		t.Errorf("got %+v", v)
	}
}

func roots(server *httptest.Server) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return pool
}

// network is a listener whose connections can be made to swallow everything, as when a machine
// loses its power or a firewall its table.
type network struct {
	conns chan net.Conn
	mu    sync.Mutex
	holes []*atomic.Bool
}

func (n *network) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	hole := new(atomic.Bool)
	n.mu.Lock()
	n.holes = append(n.holes, hole)
	n.mu.Unlock()
	n.conns <- swallower{theirs, hole}
	return ours, nil
}

func (n *network) vanish() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, hole := range n.holes {
		hole.Store(true)
	}
}

func (n *network) Accept() (net.Conn, error) {
	c, ok := <-n.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (n *network) Close() error { close(n.conns); return nil }
func (*network) Addr() net.Addr { return &net.TCPAddr{} }

// swallower is the server's end. Once vanished, it gets nothing and nothing of its own arrives.
type swallower struct {
	net.Conn

	hole *atomic.Bool
}

func (s swallower) Read(p []byte) (int, error) {
	for {
		n, err := s.Conn.Read(p)
		if err != nil || !s.hole.Load() {
			return n, err
		}
	}
}

func (s swallower) Write(p []byte) (int, error) {
	if s.hole.Load() {
		return len(p), nil
	}
	return s.Conn.Write(p)
}

// Requests that time out don't end an HTTP/2 connection: it has to be found dead.
func TestHTTP2FindsAConnectionDead(t *testing.T) {
	t.Parallel()
	certificates := httptest.NewUnstartedServer(nil) // for its certificate
	certificates.StartTLS()
	defer certificates.Close()
	config := &tls.Config{RootCAs: roots(certificates), ServerName: "example.com"}
	pair := certificates.TLS.Certificates[0]
	synctest.Test(t, func(t *testing.T) {
		var protocols []string
		n := &network{conns: make(chan net.Conn, 8)}
		server := &http.Server{
			ReadHeaderTimeout: time.Hour, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0),
			TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2"}},
			Handler:   http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { protocols = append(protocols, r.Proto) }),
		}
		go func() { _ = server.ServeTLS(n, "", "") }()
		transport := delivery.NewRoundTripper(config, nil)
		transport.Proxy, transport.DialContext = nil, n.dial
		h, err := delivery.NewHTTP(delivery.HTTPOptions{URL: "https://example.com/v1/traces", RoundTripper: transport})
		if err != nil {
			t.Fatal(err)
		}
		sender := delivery.NewSender(h, delivery.Options{Timeout: 5 * time.Second})
		batch := delivery.Batch{Body: bytes.Repeat([]byte("x"), 100), Spans: 1}
		if left := sender.Send(t.Context(), batch); left != nil || protocols[0] != "HTTP/2.0" {
			t.Fatalf("got %+v over %v", left, protocols)
		}
		n.vanish()
		if left := sender.Send(t.Context(), batch); left != nil || len(protocols) < 2 {
			t.Errorf("the destination is there, and the connection is dead: %+v", left)
		}
		_ = h.Close()
		_ = server.Close()
	})
}

// A server that keeps a connection alive and answers nothing is left by it.
func TestHTTP2ConnectionThatTimedOutIsClosed(t *testing.T) {
	t.Parallel()
	var seen atomic.Int32
	late := newDeadline(t)
	opened, closed := make(chan net.Conn, 8), make(chan net.Conn, 8)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if seen.Add(1) == 1 {
			late.pass()
			<-r.Context().Done()
		}
	}))
	server.EnableHTTP2 = true
	server.Config.ConnState = func(c net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			opened <- c
		case http.StateClosed:
			closed <- c
		default:
		}
	}
	server.StartTLS()
	defer server.Close()
	h, err := delivery.NewHTTP(delivery.HTTPOptions{
		URL: server.URL, RoundTripper: delivery.NewRoundTripper(&tls.Config{RootCAs: roots(server)}, nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	if v := h.Send(late, batch()); v.Outcome != delivery.Retry {
		t.Fatalf("no answer in time: %v, %v", v.Outcome, v.Err)
	}
	if v := h.Send(t.Context(), batch()); v.Outcome != delivery.Delivered {
		t.Fatalf("the second time: %v, %v", v.Outcome, v.Err)
	}
	first := <-opened
	select {
	case gone := <-closed:
		if gone != first {
			t.Error("another connection was closed than the one that hung")
		}
	case <-time.After(time.Minute):
		t.Error("the connection that hung is kept")
	}
}
