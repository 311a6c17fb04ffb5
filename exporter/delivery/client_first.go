package delivery

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// dialClientFirst dials as NewRoundTripper's transports do.
func dialClientFirst(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	c, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &clientFirst{Conn: c, spoken: make(chan struct{})}, nil
}

// clientFirst is a connection on which the client speaks first, as in HTTP and TLS: nothing is read before
// something was written. If a server of another protocol speaks first, as gRPC's and SSH's do, net/http
// writes what it said to the log of the process and leaves it out of its error. Only the error about an
// answer has it.
//
// A server may also answer, and hang up, before it has read all, because the request is too large or isn't
// of its protocol. Then the rest can't be written. It counts as written all the same: what the server said,
// or how reading ends, tells more than the error about the rest. The beginning of a request on a connection
// that is used again does not: net/http sends a request again of which nothing was written.
type clientFirst struct {
	net.Conn
	once   sync.Once
	spoken chan struct{} // closed after the first Write, or by Close
	begins atomic.Bool   // the next Write is the first of a request, and not of the first one
}

func (c *clientFirst) Read(p []byte) (int, error) {
	<-c.spoken
	return c.Conn.Read(p)
}

func (c *clientFirst) Write(p []byte) (int, error) {
	begins := c.begins.Swap(false)
	n, err := c.Conn.Write(p)
	c.speak()
	if !begins && (cutOff(err) || errors.Is(err, net.ErrClosed)) { // by the server, or by net/http for what it has read
		return len(p), nil
	}
	return n, err
}

// usedAgain is called before a request is written to a connection that has served one.
func usedAgain(c net.Conn) {
	if c, ok := underTLS(c).(*clientFirst); ok {
		c.begins.Store(true)
	}
}

func (c *clientFirst) Close() error {
	c.speak()
	return c.Conn.Close()
}

func (c *clientFirst) speak() { c.once.Do(func() { close(c.spoken) }) }
