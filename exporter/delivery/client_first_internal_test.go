package delivery

import (
	"crypto/tls"
	"errors"
	"net"
	"syscall"
	"testing"
)

// hungUpConn has no other end any more.
type hungUpConn struct{ net.Conn }

func (hungUpConn) Write([]byte) (int, error) {
	return 0, &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
}

// The rest of a request counts as written to a server that has hung up, its beginning on a connection that
// is used again doesn't: net/http sends that one again by another connection.
func TestWhatCountsAsWritten(t *testing.T) {
	t.Parallel()
	fresh := func() *clientFirst { return &clientFirst{Conn: hungUpConn{}, spoken: make(chan struct{})} }
	for name, conn := range map[string]func(*clientFirst) net.Conn{
		"plain": func(c *clientFirst) net.Conn { return c },
		"TLS":   func(c *clientFirst) net.Conn { return tls.Client(c, &tls.Config{}) },
	} {
		c := fresh()
		if n, err := c.Write(make([]byte, 7)); n != 7 || err != nil {
			t.Errorf("%s: the first request: %d, %v", name, n, err)
		}
		usedAgain(conn(c))
		if n, err := c.Write(make([]byte, 7)); n != 0 || !errors.Is(err, syscall.EPIPE) {
			t.Errorf("%s: the beginning of the second one: %d, %v", name, n, err)
		}
		if n, err := c.Write(make([]byte, 7)); n != 7 || err != nil {
			t.Errorf("%s: its rest: %d, %v", name, n, err)
		}
	}
}
