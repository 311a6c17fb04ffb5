package propagators

import (
	"context"
	"net"
	"sort"
	"strings"

	"go.opentelemetry.io/otel/propagation"
)

// Host names hosts, and the propagators that write requests to them.
type Host struct {
	// Pattern is a host name without a port, or "*." and the end of one, for all names below it; "*"
	// is every host. Case doesn't matter. An exact name counts before a pattern, and a longer pattern
	// before a shorter one.
	Pattern string
	// Injectors write. Without any, nothing is written.
	Injectors []propagation.TextMapPropagator
}

func (h *Host) matches(host string) bool {
	if end, ok := strings.CutPrefix(h.Pattern, "*"); ok {
		return len(host) > len(end) && strings.EqualFold(host[len(host)-len(end):], end)
	}
	return strings.EqualFold(host, h.Pattern)
}

// rank is larger for what counts first.
func (h *Host) rank() int {
	if strings.HasPrefix(h.Pattern, "*") {
		return len(h.Pattern)
	}
	return len(h.Pattern) + 1<<16
}

// SortHosts sorts hosts into the order in which they count, which [Composite] expects.
func SortHosts(hosts []Host) {
	sort.SliceStable(hosts, func(i, j int) bool { return hosts[i].rank() > hosts[j].rank() })
}

type hostKey struct{}

// ContextWithHost says that what is injected in ctx goes to host, which may have a port. The
// transports of package entry do that for requests.
func ContextWithHost(ctx context.Context, host string) context.Context {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return context.WithValue(ctx, hostKey{}, strings.Trim(host, "[]"))
}

func (c *Composite) injectors(ctx context.Context) []propagation.TextMapPropagator {
	if len(c.Hosts) == 0 {
		return c.Injectors
	}
	host, ok := ctx.Value(hostKey{}).(string)
	if !ok {
		return c.Injectors
	}
	for i := range c.Hosts {
		if c.Hosts[i].matches(host) {
			return c.Hosts[i].Injectors
		}
	}
	return c.Injectors
}
