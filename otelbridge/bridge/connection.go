package bridge

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode/redact"
	"github.com/tracehook/tracehook/internal/digest"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/sampler"
)

// connection is one connection of a plan.
type connection struct {
	cfg      config.Connection
	identity string // digest of everything but sampling: what keeps queue and exporter over a reload
	driver   exporter.Driver
	settings exporter.Settings
	overflow processor.Overflow
	claims   []string
	address  *atomic.Pointer[string] // where people can look at what it has
	sampling string                  // digest of what policy is made of
	policy   *sampler.Policy
	redactor *redact.Redactor
	waits    func(error) bool
}

// connections checks and compiles all connections, and what they can't have together.
func (c *checker) connections(all []config.Connection) []*connection {
	c.localOnly = !slices.ContainsFunc(all, func(conn config.Connection) bool {
		d, known := c.drivers.lookup(conn.Driver)
		return known && !d.Local
	})
	if len(all) > 0 {
		c.sharedRedaction()
	}
	var compiled []*connection
	for _, conn := range all {
		before := len(c.problems)
		if n := c.connection(conn); n != nil {
			compiled = append(compiled, n)
		}
		c.leaveOut(conn.Name, before)
	}
	c.names(all)
	c.claims(compiled)
	return slices.DeleteFunc(compiled, func(n *connection) bool { return c.left[n.cfg.Name] != nil })
}

// connection checks and compiles one connection; nil if it has a problem. The driver of a
// connection that is unchanged isn't asked again.
func (c *checker) connection(conn config.Connection) *connection {
	before := len(c.problems)
	d, known := c.drivers.lookup(conn.Driver)
	n := &connection{cfg: conn, driver: d, settings: c.settings(conn), overflow: c.overflow(conn, d), address: new(atomic.Pointer[string])}
	n.identity = c.identity(n)
	n.waits = c.waits(conn.Name, d)
	old := c.running(conn.Name)
	switch {
	case !known:
		c.unknownDriver(conn)
	case old != nil && old.identity == n.identity:
		n.settings, n.claims, n.address = old.settings, old.claims, old.address
	default:
		c.spool(conn, d)
		c.requireTLS(conn, d)
		if d.Check != nil {
			c.addAll(conn, "", d.Check(n.settings))
			c.postpone(conn.Name, before)
		}
		if d.Claims != nil && len(c.problems) == before {
			n.claims = d.Claims(n.settings)
		}
	}
	c.policy(n, old)
	n.redactor = c.redactor(n, old)
	if len(c.problems) > before {
		return nil
	}
	return n
}

// running returns the connection of that name that is in force; nil if there is none.
func (c *checker) running(name string) *connection {
	for _, n := range c.old {
		if n.cfg.Name == name {
			return n
		}
	}
	return nil
}

// identity returns what stands for all of n but its policy and what explains it, which are swapped in
// place. It includes whether the connection reads the environment: only a connection that is alone may.
func (c *checker) identity(n *connection) string {
	conn := n.cfg
	conn.Sample, conn.Explain, conn.Weights = config.Sample{}, false, ""
	type whole config.Connection // without the methods that leave secrets out
	return digest.Of(struct {
		Connection whole
		Identity   config.Identity
		Environ    bool
		Sized      bool
		Redact     any // for all connections
		RequireTLS bool
	}{whole(conn), c.cfg.Identity, n.settings.Environ != nil, c.cfg.Sized(conn.Name), c.cfg.OTel.Redact, c.cfg.OTel.RequireTLS})
}

func (c *checker) settings(conn config.Connection) exporter.Settings {
	s := exporter.Settings{
		Connection:    conn.Name,
		Driver:        conn.Driver,
		Setting:       conn.Setting,
		Spool:         conn.Spool,
		Retry:         conn.Retry,
		Format:        conn.Format,
		Flag:          conn.Flag,
		JSON:          conn.JSON,
		SplitServices: conn.SplitServices,
		RequireTLS:    conn.RequireTLS || c.cfg.OTel.RequireTLS,
		Identity:      exporter.Identity(c.cfg.Identity),
		Inspector:     c.inspector,
		Logger:        c.lines.Logger().With("connection", conn.Name),
		Environ:       c.cfg.Environ(conn.Name),
		Stdout:        c.stdout,
		Stderr:        c.stderr,
		Source:        c.cfg.Source(),
		Path:          c.cfg.KeyPath(conn.Name, ""),
	}
	for _, f := range conn.Fields {
		s.Fields = append(s.Fields, exporter.FieldMapping(f))
	}
	return s
}

// overflow returns what a full queue does: what the connection says, or its driver's
// default.
func (c *checker) overflow(conn config.Connection, d exporter.Driver) processor.Overflow {
	switch {
	case conn.Overflow != "":
		v, err := processor.ParseOverflow(conn.Overflow)
		if err != nil {
			c.addTo(conn, "overflow", err)
		}
		return v
	case conn.Spool != nil:
		return processor.OverflowSpool
	case d.Network:
		return processor.OverflowDrop
	default:
		return processor.OverflowBlock
	}
}

// policy compiles the policy of n, unless old has the same.
func (c *checker) policy(n, old *connection) {
	sc := c.sampling(n)
	n.sampling = digest.Of(sc)
	if old != nil && old.sampling == n.sampling {
		n.policy = old.policy
		return
	}
	policy, err := sampler.NewPolicy(sc)
	c.addAll(n.cfg, "sample.", err)
	if c.clock != nil && policy != nil {
		policy.SetClock(c.clock)
	}
	n.policy = policy
}

// sampling returns a connection's policy as the sampler wants it.
func (c *checker) sampling(n *connection) sampler.Config {
	s := n.cfg.Sample
	key, err := sampler.ParseKey(s.Key)
	if err != nil {
		c.addTo(n.cfg, "sample.key", err)
	}
	weights, err := sampler.ParseWeights(n.cfg.Weights)
	if err != nil {
		c.addTo(n.cfg, "weights", err)
	}
	sc := sampler.Config{
		Connection:     n.cfg.Name,
		Weights:        weights,
		FollowRoot:     s.Scope == "trace",
		Service:        c.service,
		Rate:           s.Rate,
		Error:          s.Error,
		Slow:           s.Slow,
		Limit:          s.Limit,
		Key:            key,
		IgnoreParent:   s.Parent == "ignore",
		Propagate:      !n.driver.Local || c.localOnly,
		Dynamic:        n.overflow == processor.OverflowDrop,
		AssumeAlwaysOn: c.alwaysOn,
	}
	if s.Propagate != nil {
		sc.Propagate = *s.Propagate
	}
	if s.Dynamic != nil {
		sc.Dynamic = *s.Dynamic
	}
	for _, r := range s.Rules {
		sc.Rules = append(sc.Rules, sampler.Rule(r))
	}
	return sc
}

// processor returns what the fanout is to run.
func (n *connection) processor(cfg config.Config) processor.ConnectionConfig {
	pc := processor.ConnectionConfig{
		Name:          n.cfg.Name,
		Fingerprint:   n.identity,
		Claims:        n.claims,
		Waits:         n.waits,
		Decider:       n.policy,
		WholeTraces:   n.cfg.Sample.Scope == "trace",
		QueueSize:     n.cfg.Buffer,
		BatchSize:     n.cfg.Batch,
		Schedule:      n.cfg.Timeout,
		ExportTimeout: n.cfg.ExportTimeout,
		BlockTimeout:  n.cfg.BlockTimeout,
		Overflow:      n.overflow,
		BufferBytes:   n.cfg.BufferBytes,
		Sync:          n.cfg.Sync,
		Open: func(ctx context.Context) (sdktrace.SpanExporter, error) {
			e, err := n.driver.New(ctx, n.settings)
			n.opened(e, err)
			if err != nil || e == nil {
				return e, placed(cfg, n.cfg.Name, err)
			}
			return n.redactor.Exporter(e), nil
		},
	}
	if !cfg.Sized(n.cfg.Name) { // the defaults depend on what a full queue does
		pc.QueueSize, pc.BatchSize = 0, 0
	}
	if n.cfg.Explain {
		pc.Explain = explainWith(n.cfg.Sample.Rules)
	}
	return pc
}

// placed puts the place of a connection's table before what its driver says.
func placed(cfg config.Config, name string, err error) error {
	place := cfg.NewProblem(cfg.KeyPath(name, ""), "")
	if err == nil || place.Line == 0 {
		return err
	}
	return fmt.Errorf("%s%w", place.Error(), err)
}
