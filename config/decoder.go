package config

import (
	"strings"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
)

// decoder turns one document and one environment into a Config, and collects everything that
// is wrong on the way.
type decoder struct {
	*source
	file     string
	problems Problems
	warnings Problems
	check    func(Config) error // of others; nil for none
	env      map[string]string
	values   int  // how many normalize has seen
	endless  bool // and whether it has given up
	literal  bool // text is not to be expanded
}

func newDecoder(o options) *decoder {
	d := &decoder{source: newSource(o.file), file: o.file, check: o.check, env: make(map[string]string)}
	for _, variable := range o.environ() {
		if name, value, ok := strings.Cut(variable, "="); ok && name != "" {
			d.env[name] = value
			if strings.HasPrefix(name, "OTEL_EXPORTER_OTLP_") {
				d.otlp[name] = value
			}
		}
	}
	return d
}

// decode merges the overrides of the environment into k, which holds the document, and reads
// the result.
func (d *decoder) decode(k *koanf.Koanf) (Config, error) {
	for _, o := range d.overrides() {
		if err := k.Load(confmap.Provider(d.branch(k.Raw(), "", o.keys, o), ""), nil); err != nil {
			d.failVariable(o.variable, "can't be merged: "+err.Error())
		}
	}
	cfg := d.config(k.Raw())
	d.warnings.Sort()
	cfg.Warnings = d.warnings
	cfg.source = d.source
	d.checkMore(cfg)
	if len(d.problems) > 0 {
		d.problems.Sort()
		return Config{}, d.problems
	}
	return cfg, nil
}

func (d *decoder) config(root map[string]any) Config {
	cfg := Default()
	cfg.Identity = d.identity(root)
	cfg.OTel = d.otel(root)
	cfg.Disabled = d.envBool("OTEL_SDK_DISABLED")
	if section, ok := root["trace"]; ok {
		cfg.Implicit = false
		cfg.Connections = d.trace(section)
	} else {
		cfg.Connections = d.implicit()
	}
	return cfg
}

// lookup reads the environment.
func (d *decoder) lookup(name string) (string, bool) {
	value, ok := d.env[name]
	return value, ok
}

// fail notes a problem with the key at path.
func (d *decoder) fail(path, message string) {
	p := d.Problem(path, "")
	p.Message = message
	d.problems.Add(p)
}

// warn notes that an environment variable is ignored.
func (d *decoder) warn(variable, message string) {
	d.warnings = append(d.warnings, Problem{File: variable, Message: message})
}

// refuse returns problems of the document as a whole.
func (d *decoder) refuse(problems ...Problem) error {
	for i := range problems {
		problems[i].File = d.file
	}
	d.problems = append(d.problems, problems...)
	d.problems.Sort()
	return d.problems
}
