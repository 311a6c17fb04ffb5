package delivery_test

import (
	"context"
	"net"
	"testing"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/test/otlptest"
)

// The system gives a connection whose other end has vanished up in seconds instead of a quarter
// of an hour.
func TestGRPCConnectionsDieSoon(t *testing.T) {
	t.Parallel()
	r := otlptest.NewGRPC(t, nil)
	r.Behave(func(int) otlptest.Behavior { return otlptest.Behavior{Store: true} })
	conns := make(chan net.Conn, 4)
	conn, err := delivery.Dial(r.Address(), insecure.NewCredentials(), "test", grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			conns <- c
		}
		return c, err
	}))
	if err != nil {
		t.Fatal(err)
	}
	g := delivery.NewGRPC(delivery.GRPCOptions{Conn: conn, Method: method})
	defer func() { _ = g.Close() }()
	if v := g.Send(t.Context(), request(t)); v.Err != nil {
		t.Fatal(v.Err)
	}
	tcp, ok := (<-conns).(*net.TCPConn)
	if !ok {
		t.Fatal("not TCP")
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var patience int
	var optErr error
	if err := raw.Control(func(fd uintptr) {
		patience, optErr = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)
	}); err != nil {
		t.Fatal(err)
	}
	if optErr != nil {
		t.Skipf("this system doesn't know TCP_USER_TIMEOUT: %v", optErr)
	}
	if patience <= 0 || patience > 60_000 {
		t.Errorf("the system waits for %d ms", patience)
	}
}
