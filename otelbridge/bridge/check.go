package bridge

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode/redact"
	"github.com/tracehook/tracehook/internal/nearest"
	"github.com/tracehook/tracehook/setting"
)

// checker collects the problems of one configuration with their places.
type checker struct {
	options
	cfg         config.Config
	service     string         // of spans that no framework began
	old         []*connection  // those in force
	localOnly   bool           // no connection leaves this machine, so that all of them vote
	shared      redact.Options // what [otel.redact] says
	sharedWrong bool           // it has a mistake, so that shared is not the whole of it

	problems, warnings config.Problems
	fatal              bool                       // one of problems is about a strict connection
	left               map[string]config.Problems // of connections that are left out
}

// addTo puts err at a connection's key; an empty key is the connection itself. A value that
// came from the environment may be a secret, and err may quote any part of it.
func (c *checker) addTo(conn config.Connection, key string, err error) {
	if origin := c.cfg.Source().Origin(c.cfg.KeyPath(conn.Name, key)); origin != "" {
		err = errors.New("what " + origin + " holds isn't accepted here (it is not printed, since it came from the environment)")
	}
	c.add(conn, key, "%s", setting.Known(setting.Cover(err.Error())))
}

// add puts a problem at a connection's key. Arguments that show what came from the environment are
// replaced.
func (c *checker) add(conn config.Connection, key, format string, args ...any) {
	c.keep(c.cfg.Source().Problem(c.cfg.KeyPath(conn.Name, key), format, args...))
}

// keep notes a problem, unless it is about a value that isn't known.
func (c *checker) keep(p config.Problem) {
	if !c.cfg.Source().Pointless(p) {
		c.problems = append(c.problems, p)
	}
}

// addAll takes apart what a driver or the sampler reports. A problem whose path is relative
// stands below prefix, and an error that names no key stands at prefix itself.
func (c *checker) addAll(conn config.Connection, prefix string, err error) {
	if err == nil {
		return
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			c.addAll(conn, prefix, e)
		}
		return
	}
	p, ok := errors.AsType[setting.Problem](err)
	switch {
	case !ok:
		c.addTo(conn, strings.TrimSuffix(prefix, "."), err)
	case p.File != "", strings.HasPrefix(p.Path, "trace."), strings.HasPrefix(p.Path, "otel."):
		c.keep(p) // it was born with its place
	default:
		before := len(c.problems)
		c.addTo(conn, prefix+p.Path, errors.New(p.Message))
		for i := range c.problems[before:] {
			c.problems[before+i].Here = p.Here
		}
	}
}

// names refuses what only a configuration made in code can have.
func (c *checker) names(all []config.Connection) {
	seen := map[string]bool{}
	for _, conn := range all {
		switch {
		case conn.Name == "":
			c.addTo(conn, "", errors.New("a connection has no name"))
		case seen[conn.Name]:
			c.addTo(conn, "", fmt.Errorf("two connections are called %q", conn.Name))
		}
		seen[conn.Name] = true
	}
}

// spool refuses the tables spool and retry of a driver that doesn't read them.
func (c *checker) spool(conn config.Connection, d exporter.Driver) {
	for _, table := range []struct {
		key   string
		given bool
	}{{"spool", conn.Spool != nil}, {"retry", conn.Retry != nil}} {
		if table.given && !d.Spool {
			c.addTo(conn, table.key, fmt.Errorf("the driver %q has no %s: remove the table", conn.Driver, table.key))
		}
	}
}

// requireTLS refuses require_tls for a driver that doesn't enforce it.
func (c *checker) requireTLS(conn config.Connection, d exporter.Driver) {
	switch required := conn.RequireTLS || c.cfg.OTel.RequireTLS; {
	case !required || d.TLS:
	case d.Network:
		c.addTo(conn, "driver", fmt.Errorf("require_tls: the driver %q doesn't say that it has TLS: "+
			"its exporter.Driver needs TLS = true if it has, or Network = false if it sends nothing to other machines", conn.Driver))
	case conn.RequireTLS:
		c.addTo(conn, "require_tls", fmt.Errorf("the driver %q sends nothing to other machines: leave it out", conn.Driver))
	}
}

// claims refuses two connections that want the same file or directory.
func (c *checker) claims(all []*connection) {
	owner := map[string]string{}
	for _, n := range all {
		before := len(c.problems)
		for _, claim := range n.claims {
			if other, taken := owner[claim]; taken {
				c.addTo(n.cfg, "", fmt.Errorf("connection %q already writes to %s: give one of them another path", other, claim))
				continue
			}
			owner[claim] = n.cfg.Name
		}
		c.leaveOut(n.cfg.Name, before)
	}
}

// Check reports everything that is wrong with cfg whatever the machine, without starting anything:
// unknown drivers, settings and fields, rules that can't be compiled, connections that claim the
// same file. It is for a pipeline: paths, certificates and rights are [CheckHere]'s. Read the file
// with [config.WithUnknown] if its variables aren't set there. The error is [config.Problems],
// each with its key path and place.
func Check(cfg config.Config, opts ...Option) error {
	err := CheckHere(cfg, opts...)
	all, ok := errors.AsType[config.Problems](err)
	if !ok {
		return err
	}
	everywhere := slices.DeleteFunc(slices.Clone(all), func(p config.Problem) bool { return p.Here })
	if len(everywhere) == 0 {
		return nil
	}
	return everywhere
}

// CheckHere reports everything that [New] would refuse on this machine: what [Check] reports, and
// directories that can't be written to, certificates that can't be read and the like. It starts
// and changes nothing. What CheckHere accepts, New builds, unless the outside world changes in
// between.
func CheckHere(cfg config.Config, opts ...Option) error {
	o := newOptions(opts)
	o.fallback, o.lenient = false, false
	_, err := newPlan(cfg, o, nil)
	return err
}

func (c *checker) err() error {
	if len(c.problems) == 0 {
		return nil
	}
	c.problems.Sort()
	return c.problems
}

// unknownDriver reports a driver that the Bridge wasn't given.
func (c *checker) unknownDriver(conn config.Connection) {
	known := c.drivers.names()
	if hint := elsewhere(conn.Driver); hint != "" {
		c.add(conn, "driver", "unknown driver %q: %s", conn.Driver, hint)
		return
	}
	c.add(conn, "driver", "unknown driver %q%s (%s; others are given with otelbridge.WithDriver)",
		conn.Driver, setting.Known(nearest.Hint(conn.Driver, known)), setting.Known(c.knownDrivers()))
}

// elsewhere says what somebody meant who names an OTLP backend, or a driver of another module.
func elsewhere(driver string) string {
	switch strings.NewReplacer("-", "", "_", "", "/", "").Replace(strings.ToLower(driver)) {
	case "otlphttp", "otlpgrpc", "otel", "opentelemetry", "collector", "jaeger", "tempo":
		return "for a backend that takes OTLP write \"otlp\""
	case "dynamodb":
		return "it is a module of its own, github.com/tracehook/tracehook/exporter/dynamodb: give it with otelbridge.WithDriver"
	}
	return ""
}

// knownDrivers lists the drivers, those that the program has added apart.
func (c *checker) knownDrivers() string {
	var given []string
	for _, name := range c.drivers.names() {
		if _, own := c.own[name]; !own {
			given = append(given, name)
		}
	}
	var lists []string
	if len(given) > 0 || len(c.own) == 0 {
		lists = append(lists, "known: "+cmp.Or(strings.Join(given, ", "), "none"))
	}
	if len(c.own) > 0 {
		lists = append(lists, "added by this program: "+strings.Join(c.own.names(), ", "))
	}
	return strings.Join(lists, "; ")
}
