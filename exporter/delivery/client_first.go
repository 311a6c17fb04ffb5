package delivery

import (
	"context"
	"net"
	"sync"
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
type clientFirst struct {
	net.Conn
	once   sync.Once
	spoken chan struct{} // closed by the first Write, or by Close
}

func (c *clientFirst) Read(p []byte) (int, error) {
	<-c.spoken
	return c.Conn.Read(p)
}

func (c *clientFirst) Write(p []byte) (int, error) {
	c.speak()
	return c.Conn.Write(p)
}

func (c *clientFirst) Close() error {
	c.speak()
	return c.Conn.Close()
}

func (c *clientFirst) speak() { c.once.Do(func() { close(c.spoken) }) }
