package bridge

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/internal/nearest"
	"github.com/tracehook/tracehook/setting"
)

// checker collects the problems of one configuration with their places.
type checker struct {
	options
	cfg       config.Config
	service   string          // of spans that no framework began
	old       []*connection   // those in force
	localOnly bool            // no connection leaves this machine, so that all of them vote
	told      map[string]bool // tables that several connections share and whose problems are said

	problems, warnings config.Problems
	fatal              bool                       // one of problems is about a strict connection
	left               map[string]config.Problems // of connections that are left out
}

// addTo puts err at a connection's key; an empty key is the connection itself. A value that
// came from the environment may be a secret, and err may quote any part of it.
func (c *checker) addTo(conn config.Connection, key string, err error) {
	path := c.cfg.KeyPath(conn.Name, key)
	message := err.Error()
	if variable := c.cfg.FromEnvironment(path); variable != "" {
		message = "what $" + variable + " holds isn't accepted here (it is not printed, since it came from the environment)"
	}
	c.problems = append(c.problems, c.cfg.NewProblem(path, message))
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
	case strings.HasPrefix(p.Path, "trace."), strings.HasPrefix(p.Path, "otel."):
		c.problems = append(c.problems, p) // it was born with its place
	default:
		c.addTo(conn, prefix+p.Path, errors.New(p.Message))
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

// spool refuses the tables spool and retry where nobody would read them.
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

func (c *checker) err() error {
	if len(c.problems) == 0 {
		return nil
	}
	c.problems.Sort()
	return c.problems
}

func unknownDriver(name string, known []string) error {
	hint := ""
	if n := nearest.Name(name, known); n != "" {
		hint = fmt.Sprintf(", did you mean %q?", n)
	}
	return fmt.Errorf("unknown driver %q%s (built in: %s; others are given with otelbridge.WithDriver)", name, hint, strings.Join(known, ", "))
}
