//go:build unix

package otlptest

import (
	"net"
	"strconv"
	"syscall"
)

// hold keeps a port of this machine from being given to somebody else, without listening on
// it: connections are refused. It does nothing if it can't.
func hold(address string) (release func()) {
	release = func() {}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return release
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return release
	}
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return release
	}
	syscall.CloseOnExec(socket)
	_ = syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1) // connections linger
	_ = syscall.Bind(socket, &syscall.SockaddrInet4{Port: number, Addr: [4]byte{127, 0, 0, 1}})
	return func() { _ = syscall.Close(socket) }
}
