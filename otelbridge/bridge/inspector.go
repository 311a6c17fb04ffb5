package bridge

import (
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/processor"
)

// inspector tells drivers that show spans to people about the whole Bridge. It is there before the
// Bridge is, and says nothing until then.
type inspector struct{ bridge atomic.Pointer[Bridge] }

var _ exporter.Inspector = (*inspector)(nil)

// connections is what a driver gets to show.
type connections struct {
	Stats   Stats             `json:"stats"`
	Health  processor.Health  `json:"health"`
	Drivers map[string]string `json:"drivers"` // by connection
}

// Connections implements [exporter.Inspector].
func (i *inspector) Connections() any {
	b := i.bridge.Load()
	if b == nil {
		return nil
	}
	c := connections{Stats: b.Stats(), Health: b.Health(), Drivers: make(map[string]string)}
	for _, n := range b.state.Load().plan.connections {
		c.Drivers[n.cfg.Name] = n.cfg.Driver
	}
	return c
}

// Decisions implements [exporter.Inspector].
func (*inspector) Decisions(sdktrace.ReadOnlySpan) []exporter.Decision {
	return nil
}

// addressed is an exporter that people can look at.
type addressed interface{ Address() string }

// opened remembers where people can look at what e has.
func (n *connection) opened(e sdktrace.SpanExporter) {
	if a, ok := e.(addressed); ok {
		address := a.Address()
		n.address.Store(&address)
	}
}

// withAddresses adds where people can look at what a connection has.
func (p *plan) withAddresses(h processor.Health) processor.Health {
	for _, n := range p.connections {
		if address := n.address.Load(); address != nil {
			if h.Addresses == nil {
				h.Addresses = make(map[string]string)
			}
			h.Addresses[n.cfg.Name] = *address
		}
	}
	return h
}
