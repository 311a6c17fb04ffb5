package bridge

import (
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

// redactor compiles what is redacted in the spans of n; nil is nothing. The one of old, which keeps
// its counts, serves n as well if the configuration is the same.
func (c *checker) redactor(n, old *connection) *redact.Redactor {
	all := c.redactTable("otel.redact", c.cfg.OTel.Redact)
	own := c.redactTable(c.cfg.KeyPath(n.cfg.Name, "redact"), n.cfg.Redact)
	if old != nil && old.identity == n.identity {
		return old.redactor
	}
	var o redact.Options
	switch {
	case n.cfg.Redact == false:
		return nil
	case c.cfg.OTel.Redact != false:
		o = all.Plus(redact.Options{Defaults: true})
	default:
		o.Defaults = n.cfg.Redact != nil
	}
	r, err := redact.New(o.Plus(own).Plus(c.redact))
	if err != nil {
		if len(c.problems) == 0 {
			c.addTo(n.cfg, "redact", err)
		}
		return nil
	}
	return r
}

// redactTable reads and checks a table; values that are none are an empty one. A problem of
// [otel.redact] is said once, not for each connection.
func (c *checker) redactTable(path string, values any) redact.Options {
	m, _ := values.(map[string]any)
	t := c.cfg.Source().Table(path, m)
	o := redact.FromTable(t)
	check := o
	if check.HashKey == "" && path != "otel.redact" {
		if all, ok := c.cfg.OTel.Redact.(map[string]any); ok {
			check.HashKey, _ = all["hash_key"].(string)
		}
	}
	_, err := redact.New(check)
	redact.Problems(t, err)
	if err := t.Err(); err != nil && !c.told[path] {
		c.told[path] = true
		c.addAll(config.Connection{}, "", err)
	}
	return o
}
