package bridge

import (
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
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

// wrapped is a span that says something else than the one that ended.
type wrapped interface{ Unwrap() sdktrace.ReadOnlySpan }

// Decisions implements [exporter.Inspector]. Each policy is asked as if the span ended now, at dynamic
// factor 1.
func (i *inspector) Decisions(span sdktrace.ReadOnlySpan) []exporter.Decision {
	b := i.bridge.Load()
	if b == nil {
		return nil
	}
	for w, ok := span.(wrapped); ok; w, ok = span.(wrapped) {
		span = w.Unwrap()
	}
	s := decision.Read(span)
	b.head.Ended(&s)
	var all []exporter.Decision
	for _, n := range b.state.Load().plan.connections {
		all = append(all, n.decide(&s))
	}
	return all
}

// decide asks the policy of n in words.
func (n *connection) decide(s *decision.Span) exporter.Decision {
	if n.cfg.Sample.Scope == "trace" {
		return exporter.Decision{
			Connection: n.cfg.Name, Driver: n.cfg.Driver, Unknown: true, Reason: "trace",
			Why: "it is decided about the local part of the trace as one",
		}
	}
	var v decision.Verdict
	n.policy.Judge(&v, s)
	d := exporter.Decision{Connection: n.cfg.Name, Driver: n.cfg.Driver, Keep: v.Keep, Reason: v.Reason.String()}
	if v.Reason == decision.ByRule && int(v.Rule) < len(n.cfg.Sample.Rules) {
		d.Rule = ruleText(n.cfg.Sample.Rules[v.Rule], int(v.Rule))
	}
	switch {
	case v.Keep && v.Known:
		d.Weight = v.Threshold.AdjustedCount()
	case v.Keep:
		d.Why = "what it stands for isn't known"
	case v.Reason == decision.ByParent:
		d.Why = "what its trace began with, or another sampler, had not sampled it"
	case v.Threshold >= decision.Never:
		d.Why = "the probability is 0"
	case n.cfg.Sample.Key == "" || n.cfg.Sample.Key == "trace_id":
		d.Why = "the randomness of its trace is below th:" + v.Threshold.String()
	}
	return d
}

// addressed is an exporter that people can look at.
type addressed interface{ Address() string }

// opened remembers where people can look at what e has.
func (n *connection) opened(e sdktrace.SpanExporter, err error) {
	if a, ok := e.(addressed); ok && err == nil {
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
