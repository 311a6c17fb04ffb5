package bridge

import (
	"cmp"
	"errors"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter/encode/redact"
)

// WithRedactor adds a function that redacts what connections export, beside what the configuration
// says. A connection with redact = false doesn't call it. Of several, each gets what the one before
// has returned. See [redact.Func].
func WithRedactor(f redact.Func) Option {
	return optionFunc(func(o *options) {
		o.redact = o.redact.Plus(redact.Options{Func: f})
	})
}

// sharedRedaction reads [otel.redact], and reports what is wrong with it.
func (c *checker) sharedRedaction() {
	before := len(c.problems)
	c.shared = c.redactTable("otel.redact", c.cfg.OTel.Redact)
	c.sharedWrong = len(c.problems) > before
}

// redactor compiles what is redacted in the spans of n; nil is nothing. The one of old, which keeps
// its counts, serves n as well if the configuration is the same.
func (c *checker) redactor(n, old *connection) *redact.Redactor {
	before := len(c.problems)
	own := c.redactTable(c.cfg.KeyPath(n.cfg.Name, "redact"), n.cfg.Redact)
	if old != nil && old.identity == n.identity {
		return old.redactor
	}
	var o redact.Options
	switch {
	case n.cfg.Redact == false:
		return nil
	case c.sharedWrong: // a connection that is left out exports nothing that was to be redacted
		if c.lenient {
			c.addTo(n.cfg, "redact", errors.New("[otel.redact] has a mistake, and this connection needs it"))
		}
		return nil
	case c.cfg.OTel.Redact != false:
		o = c.shared.Plus(redact.Options{Defaults: true})
	default:
		o.Defaults = n.cfg.Redact != nil
	}
	r, err := redact.New(o.Plus(own).Plus(c.redact))
	if err != nil {
		if len(c.problems) == before {
			c.addTo(n.cfg, "redact", err)
		}
		return nil
	}
	return r
}

// redactTable reads and checks a table; values that are none are an empty one. The key of
// [otel.redact] serves a table without one.
func (c *checker) redactTable(path string, values any) redact.Options {
	m, _ := values.(map[string]any)
	t := c.cfg.Source().Table(path, m)
	o := redact.FromTable(t)
	check := o
	check.HashKey = cmp.Or(o.HashKey, c.shared.HashKey)
	_, err := redact.New(check)
	redact.Problems(t, err)
	c.addAll(config.Connection{}, "", t.Err())
	return o
}
