package bridge

import (
	"errors"
	"slices"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/setting"
)

// strictness says of which connections nothing may be wrong at the start.
type strictness struct {
	all   bool
	names []string
}

func (s strictness) about(name string) bool { return s.all || slices.Contains(s.names, name) }

// any reports whether it is about a connection of p.
func (s strictness) any(p *plan) bool {
	return slices.ContainsFunc(p.connections, func(n *connection) bool { return s.about(n.cfg.Name) })
}

// WithStrict makes New fail, and a [Module] trace nothing, if one of the named connections can't be
// opened now, or has a mistake; without names, if any has. Otherwise a connection that can't be
// opened for a reason outside of its configuration, such as a file that another process has, waits:
// it is tried again every second, its queue collects, and [Bridge.Health] and [Bridge.Err] say so.
func WithStrict(names ...string) Option {
	return optionFunc(func(o *options) {
		o.strict.all = o.strict.all || len(names) == 0
		o.strict.names = append(slices.Clip(o.strict.names), names...)
	})
}

// WithFallback makes New and Open go on without what is wrong, so that tracing never keeps an
// application from its start. A connection with a mistake is left out, and one that can't be opened
// on this machine now, such as a file whose directory is missing or not writable, is tried again every second. If the configuration as a whole can't be read, the Bridge has no
// connections. One from [Open] reads the file again when it changes, until nothing is wrong with it. The error of New and Open is nil
// then: log, [Bridge.Health] and [Bridge.Err] say what is wrong. [WithStrict] still counts.
func WithFallback() Option {
	return optionFunc(func(o *options) { o.fallback, o.lenient = true, true })
}

// WithIdentity says who the process is: the identity that a framework has worked out from flags,
// environment, configuration and defaults. What is empty in it is as the configuration says. It is
// called once, when the Bridge is opened, and counts for fields and resource; without a service
// name, the project is the service.
func WithIdentity(identity func() exporter.Identity) Option {
	return optionFunc(func(o *options) { o.identity = identity })
}

// waits returns what says whether a connection that can't be opened is to wait: not if its
// configuration is at fault. Of a driver without Check nobody knows that before it is opened, so its
// errors are fatal unless others are lenient, too.
func (c *checker) waits(name string, d exporter.Driver) func(error) bool {
	if c.strict.about(name) {
		return nil
	}
	return func(err error) bool {
		if c.lenient {
			return true
		}
		if _, mistake := errors.AsType[setting.Problem](err); mistake {
			return false
		}
		return d.Check != nil
	}
}

// postpone forgets the problems from the given one on that are this machine's of now, such as a
// directory that can't be written to, if their connection may wait: it is opened when they have gone,
// and what opening says is told until then.
func (c *checker) postpone(name string, from int) {
	if c.lenient && !c.strict.about(name) {
		mistakes := slices.DeleteFunc(slices.Clone(c.problems[from:]), func(p config.Problem) bool { return p.Here })
		c.problems = append(c.problems[:from:from], mistakes...)
	}
}

// leaveOut moves the problems from the given one on to those of a connection that is left out.
func (c *checker) leaveOut(name string, from int) {
	switch {
	case len(c.problems) == from || !c.lenient:
		return
	case c.strict.about(name):
		c.fatal = true
		return
	}
	if c.left == nil {
		c.left = make(map[string]config.Problems)
	}
	c.left[name] = append(c.left[name], c.problems[from:]...)
	c.problems = c.problems[:from:from]
}
