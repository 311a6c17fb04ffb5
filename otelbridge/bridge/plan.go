package bridge

import (
	"cmp"
	"log/slog"
	"maps"
	"slices"

	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge/propagators"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/sampler"
)

// plan is a configuration that has been checked and compiled; nothing of it is started.
type plan struct {
	cfg         config.Config
	resource    *resource.Resource
	propagator  *propagators.Composite
	wire        sampler.Wire
	connections []*connection
	warnings    config.Problems
	left        map[string]config.Problems // of connections that are left out
	broken      error                      // what else is wrong, and was let pass
}

// newPlan checks and compiles cfg. The resource of old, which may be nil, stays, since the SDK holds
// it. Connections and policies that are the same in old are taken from there, so that a policy keeps
// its tokens and its dynamic factor.
func newPlan(cfg config.Config, o options, old *plan) (*plan, error) {
	if err := o.drivers.check(); err != nil {
		return nil, err
	}
	cfg = o.identified(cfg)
	p, c := &plan{cfg: cfg}, &checker{options: o, cfg: cfg}
	if old != nil {
		p.resource, c.old = old.resource, old.connections
	} else {
		p.resource = resourceOf(cfg, o.resource(), c.detected())
	}
	c.service = serviceName(p.resource)
	p.propagator = c.propagator()
	p.wire = c.wire()
	if !cfg.Disabled { // OTEL_SDK_DISABLED: nothing is kept, ids stay valid
		p.connections = c.connections(c.configured())
	}
	p.warnings, p.left = c.warnings, c.left
	err := c.err()
	if err != nil && o.fallback && !c.fatal {
		p.broken, err = err, nil
	}
	return p, err
}

// identified returns cfg with what the framework says about the process.
func (o *options) identified(cfg config.Config) config.Config {
	id := &cfg.Identity
	id.Project, id.Profile = cmp.Or(o.who.Project, id.Project), cmp.Or(o.who.Profile, id.Profile)
	id.Role, id.Node = cmp.Or(o.who.Role, id.Role), cmp.Or(o.who.Node, id.Node)
	return cfg
}

// emptyPlan is the plan of a Bridge that goes on although nothing of its configuration can be used.
func emptyPlan(o options, why error) (*plan, error) {
	cfg := config.Default()
	cfg.Connections, cfg.Implicit = nil, false
	p, err := newPlan(cfg, o, nil)
	if err == nil {
		p.broken = why
	}
	return p, err
}

// policies returns the connections' policies, in the order of the configuration.
func (p *plan) policies() []*sampler.Policy {
	all := make([]*sampler.Policy, len(p.connections))
	for i, c := range p.connections {
		all[i] = c.policy
	}
	return all
}

// processors returns what the fanout is to run.
func (p *plan) processors() []processor.ConnectionConfig {
	all := make([]processor.ConnectionConfig, len(p.connections))
	for i, c := range p.connections {
		all[i] = c.processor(p.cfg)
	}
	return all
}

// logNotes logs, once for each configuration, what its author may not expect.
func (p *plan) logNotes(log *slog.Logger) {
	if p.broken != nil {
		log.Error("tracing goes on without what is wrong in its configuration", "error", p.broken)
	} else if len(p.connections) == 0 && len(p.left) == 0 && !p.cfg.Disabled {
		log.Warn("the configuration has no connections, so no span is kept; config.Default has the console")
	}
	for _, name := range slices.Sorted(maps.Keys(p.left)) {
		log.Error("a connection with a mistake is left out, the others run", "connection", name, "error", p.left[name])
	}
	for _, w := range slices.Concat(p.cfg.Warnings, p.warnings) {
		log.Warn(w.Error())
	}
	for _, c := range p.connections {
		for _, note := range c.policy.Notes() {
			log.Info(note, "connection", c.cfg.Name)
		}
		if sampledOTLP(c.cfg) {
			log.Info(behindNote, "connection", c.cfg.Name)
		}
	}
}
