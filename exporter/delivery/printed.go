package delivery

import (
	"fmt"
	"io"
)

// String returns how many secrets there are.
func (secrets Secrets) String() string { return fmt.Sprintf("%d secrets", len(secrets)) }

// Format writes what String returns, whatever the verb.
func (secrets Secrets) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, secrets.String()) }

// MarshalText returns what String returns.
func (secrets Secrets) MarshalText() ([]byte, error) { return []byte(secrets.String()), nil }

// String returns where batches are posted, without what may be a key.
func (o HTTPOptions) String() string { return "HTTP to " + Place(o.URL) }

// Format writes what String returns, whatever the verb.
func (o HTTPOptions) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, o.String()) }

// MarshalText returns what String returns.
func (o HTTPOptions) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// String returns the target of the channel.
func (o GRPCOptions) String() string {
	if o.Conn == nil {
		return "gRPC"
	}
	return "gRPC to " + o.Conn.Target()
}

// Format writes what String returns, whatever the verb.
func (o GRPCOptions) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, o.String()) }

// MarshalText returns what String returns.
func (o GRPCOptions) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// String returns what that of its options does.
func (h *HTTP) String() string { return h.options.String() }

// Format writes what String returns, whatever the verb.
func (h *HTTP) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, h.String()) }

// String returns what that of its options does.
func (g *GRPC) String() string { return g.options.String() }

// Format writes what String returns, whatever the verb.
func (g *GRPC) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, g.String()) }

// Format writes what String returns, whatever the verb.
func (e *Exporter) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, e.String()) }

// String returns what there is to say about its transport.
func (s *Sender) String() string { return fmt.Sprintf("sender over %v", s.transport) }

// Format writes what String returns, whatever the verb.
func (s *Sender) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }
