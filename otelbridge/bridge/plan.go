package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"slices"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/processor"
	"github.com/tracehook/tracehook/sampler"
)

// Check reports everything that [New] would refuse, without starting anything: unknown
// drivers, settings and fields, rules that can't be compiled, connections that claim the
// same file. The error is [config.Problems], each with its key path and place. What Check
// accepts, New builds, unless the outside world changes in between.
func Check(cfg config.Config, opts ...Option) error {
	_, err := newPlan(cfg, newOptions(opts), resourceOf(cfg), nil)
	return err
}

// plan is a configuration that has been checked and compiled; nothing of it is started.
type plan struct {
	cfg        config.Config
	resource   *resource.Resource
	propagator propagation.TextMapPropagator
	planned    []planned
	old        []planned
	// localOnly says that no connection of the plan leaves this machine, so that those that
	// don't vote beside others do.
	localOnly bool
	warnings  config.Problems
}

// planned is one connection of a plan.
type planned struct {
	cfg         config.Connection
	driver      exporter.Driver
	settings    exporter.Settings
	sampling    sampler.Config
	policy      *sampler.Policy
	overflow    processor.Overflow
	claims      []string
	fingerprint string
}

// newPlan checks and compiles cfg for spans of that resource. Policies that are the same as
// in old are taken from there, with what they hold: a limit's tokens, the dynamic factor.
func newPlan(cfg config.Config, o options, res *resource.Resource, old []planned) (*plan, error) {
	p := &plan{cfg: cfg, resource: res, old: old}
	c := &checker{cfg: cfg}
	p.propagator = c.propagator(o.propagators, &p.warnings)
	if err := o.drivers.check(); err != nil {
		return nil, err
	}
	if cfg.Disabled { // OTEL_SDK_DISABLED: nothing is kept, ids stay valid
		return p, c.err()
	}
	connections := c.connections(o.drivers, &p.warnings)
	p.localOnly = !slices.ContainsFunc(connections, func(conn config.Connection) bool {
		d, known := o.drivers.lookup(conn.Driver)
		return known && !d.Local
	})
	for _, conn := range connections {
		if compiled, ok := c.connection(conn, p, o); ok {
			p.planned = append(p.planned, compiled)
		}
	}
	c.names(connections)
	c.claims(p.planned)
	return p, c.err()
}

// policies returns the connections' policies, in the order of the configuration.
func (p *plan) policies() []*sampler.Policy {
	all := make([]*sampler.Policy, len(p.planned))
	for i, c := range p.planned {
		all[i] = c.policy
	}
	return all
}

// connections returns what the processor is to run.
func (p *plan) connections() []processor.ConnectionConfig {
	all := make([]processor.ConnectionConfig, len(p.planned))
	for i, c := range p.planned {
		all[i] = processor.ConnectionConfig{
			Name:          c.cfg.Name,
			Fingerprint:   c.fingerprint,
			Claims:        c.claims,
			Decider:       c.policy,
			QueueSize:     c.cfg.Buffer,
			BatchSize:     c.cfg.Batch,
			Schedule:      c.cfg.Timeout,
			ExportTimeout: c.cfg.ExportTimeout,
			BlockTimeout:  c.cfg.BlockTimeout,
			Overflow:      c.overflow,
			Open: func(ctx context.Context) (sdktrace.SpanExporter, error) {
				e, err := c.driver.New(ctx, c.settings)
				return e, p.placed(c.cfg, err)
			},
		}
		if c.cfg.Explain {
			all[i].Explain = explainWith(c.cfg.Sample.Rules)
		}
	}
	return all
}

// placed puts the place of a connection's table before what its driver says.
func (p *plan) placed(conn config.Connection, err error) error {
	place := p.cfg.NewProblem(p.cfg.KeyPath(conn.Name, ""), "")
	if err == nil || place.Line == 0 {
		return err
	}
	return fmt.Errorf("%s%w", place.Error(), err)
}

// logNotes tells, once for each configuration, what its author may not expect.
func (p *plan) logNotes(log *slog.Logger) {
	if len(p.planned) == 0 && !p.cfg.Disabled {
		log.Warn("the configuration has no connections, so no span is kept; config.Default has the console")
	}
	for _, w := range slices.Concat(p.cfg.Warnings, p.warnings) {
		log.Warn(w.Error())
	}
	for _, c := range p.planned {
		for _, note := range c.policy.Notes() {
			log.Info(note, "connection", c.cfg.Name)
		}
	}
}

// connection checks and compiles one connection. All its problems are added to c.
func (c *checker) connection(conn config.Connection, p *plan, o options) (planned, bool) {
	before := len(c.problems)
	d, known := o.drivers.lookup(conn.Driver)
	if !known {
		c.addTo(conn, "driver", unknownDriver(conn.Driver, o.drivers.names()))
		c.policy(conn, c.sampling(conn, d, c.overflow(conn, d), p, o), p.old) // wrong or not, whatever the driver
		return planned{}, false
	}
	out := planned{cfg: conn, driver: d, settings: settingsOf(conn, p, o), overflow: c.overflow(conn, d)}
	c.spool(conn, d)
	if d.Check != nil {
		c.addAll(conn, "", d.Check(out.settings))
	}
	out.sampling = c.sampling(conn, d, out.overflow, p, o)
	out.policy = c.policy(conn, out.sampling, p.old)
	if len(c.problems) > before {
		return planned{}, false
	}
	if d.Claims != nil {
		out.claims = d.Claims(out.settings)
	}
	out.fingerprint = fingerprint(conn, p.cfg.Identity, out.settings.Environ != nil)
	return out, true
}

func settingsOf(conn config.Connection, p *plan, o options) exporter.Settings {
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
		Identity:      exporter.Identity(p.cfg.Identity),
		Logger:        o.lines.Logger().With("connection", conn.Name),
		Environ:       p.cfg.Environ(conn.Name),
		Stdout:        o.stdout,
		Stderr:        o.stderr,
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

// sampling returns a connection's policy as the sampler wants it.
func (c *checker) sampling(conn config.Connection, d exporter.Driver, overflow processor.Overflow, p *plan, o options) sampler.Config {
	s := conn.Sample
	key, err := sampler.ParseKey(s.Key)
	if err != nil {
		c.addTo(conn, "sample.key", err)
	}
	sc := sampler.Config{
		Connection:     conn.Name,
		Service:        serviceName(p.resource),
		Rate:           s.Rate,
		Error:          s.Error,
		Slow:           s.Slow,
		Limit:          s.Limit,
		Key:            key,
		IgnoreParent:   s.Parent == "ignore",
		Propagate:      !d.Local || p.localOnly,
		Dynamic:        overflow == processor.OverflowDrop,
		AssumeAlwaysOn: o.alwaysOn,
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

// policy compiles sc, unless the connection has that policy already.
func (c *checker) policy(conn config.Connection, sc sampler.Config, old []planned) *sampler.Policy {
	for i := range old {
		if old[i].cfg.Name == conn.Name && reflect.DeepEqual(old[i].sampling, sc) {
			return old[i].policy
		}
	}
	policy, err := sampler.NewPolicy(sc)
	c.addAll(conn, "sample.", err)
	return policy
}

// fingerprint identifies what a connection is, but for its policy: connections of equal
// fingerprints keep their queue and exporter over a reload. environ says that it reads the
// environment, which it stops to do when it is no longer the only one that may.
func fingerprint(conn config.Connection, id config.Identity, environ bool) string {
	conn.Sample, conn.Explain = config.Sample{}, false // both are swapped in place
	type whole config.Connection                       // without the methods that leave secrets out
	data, err := json.Marshal(struct {
		Connection whole
		Identity   config.Identity
		Environ    bool
	}{whole(conn), id, environ})
	if err != nil { // a setting that JSON can't hold, from a map in code
		data = fmt.Append(nil, whole(conn), id, environ)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
