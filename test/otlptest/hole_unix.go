//go:build unix

package otlptest

import (
	"net"
	"syscall"
	"testing"
	"time"
)

// BlackHole returns an address of this machine that never answers a request for a connection: its
// socket listens, and nobody accepts the connections that fill its backlog. The test is skipped where
// the system answers all the same.
func BlackHole(tb testing.TB) (address string) {
	tb.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		tb.Fatal(err)
	}
	syscall.CloseOnExec(socket)
	tb.Cleanup(func() { _ = syscall.Close(socket) })
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		tb.Fatal(err)
	}
	if err := syscall.Listen(socket, 0); err != nil {
		tb.Fatal(err)
	}
	name, err := syscall.Getsockname(socket)
	if err != nil {
		tb.Fatal(err)
	}
	at, ok := name.(*syscall.SockaddrInet4)
	if !ok {
		tb.Fatalf("the socket's address is a %T", name)
	}
	address = (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: at.Port}).String()
	const most = 64
	for range most {
		dialer := net.Dialer{Timeout: 200 * time.Millisecond}
		conn, err := dialer.DialContext(tb.Context(), "tcp", address)
		if err != nil {
			return address
		}
		tb.Cleanup(func() { _ = conn.Close() })
	}
	tb.Skipf("SKIPPED: a socket that nobody accepts from has taken %d connections on this system", most)
	return ""
}
