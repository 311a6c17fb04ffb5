package config

import (
	"errors"
	"maps"
	"strings"

	"github.com/tracehook/tracehook/setting"
)

// decoder turns one document and one environment into a Config, and collects everything that
// is wrong on the way.
type decoder struct {
	*source
	top      *setting.Table // collects the problems
	file     string
	warnings Problems
	check    func(Config) error // of others; nil for none
	env      map[string]string
	values   int             // how many normalize has seen
	endless  bool            // and whether it has given up
	literal  bool            // text is not to be expanded
	declared bool            // the document is one of OpenTelemetry's declarative configuration
	hermetic bool            // nothing of this machine counts
	expanded int             // bytes of text so far
	written  map[string]bool // the connections of the document
}

func newDecoder(o options) *decoder {
	d := &decoder{source: newSource(o.file), file: o.file, check: o.check, env: make(map[string]string), hermetic: o.hermetic}
	d.top = d.Table("", nil)
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

// decode reads a document, which it changes, with the overrides of the environment.
func (d *decoder) decode(document map[string]any) (Config, error) {
	if d.declared { // it says everything, but for what it names itself
		maps.DeleteFunc(d.env, func(name, _ string) bool { return strings.HasPrefix(name, "OTEL_") && name != "OTEL_SDK_DISABLED" })
		clear(d.otlp)
	}
	d.written = connectionsIn(document)
	for _, o := range d.overrides() {
		d.override(document, o)
	}
	cfg := d.config(d.top.At("", document))
	d.warnings.Sort()
	cfg.Warnings = d.warnings
	cfg.source = d.source
	d.checkMore(cfg)
	if d.top.Len() > 0 {
		return Config{}, d.refuse()
	}
	return cfg, nil
}

func (d *decoder) config(root *setting.Table) Config {
	cfg := Default()
	cfg.Identity = d.identity(root)
	cfg.OTel = d.otel(root)
	cfg.Disabled = d.envBool("OTEL_SDK_DISABLED")
	if root.Has("trace") {
		cfg.Implicit = false
		cfg.Connections = d.trace(root)
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
func (d *decoder) fail(path, format string, args ...any) { d.top.Problem(path, format, args...) }

// warn notes that an environment variable is ignored.
func (d *decoder) warn(variable, message string) {
	d.warnings = append(d.warnings, Problem{File: variable, Message: message})
}

// refuse returns all problems, and those of the document as a whole.
func (d *decoder) refuse(document ...Problem) Problems {
	all, _ := errors.AsType[Problems](d.top.Err())
	for _, p := range document {
		p.File = d.file
		all = append(all, p)
	}
	all.Sort()
	return all
}

// keyNames returns the names of the keys in a table of the configuration, such as "trace" for
// those of a connection.
func keyNames(table string) []string {
	var names []string
	record(func(path string, key setting.Key) {
		if path == table {
			names = append(names, key.Names...)
		}
	})
	return names
}

// record calls see for each key that is read, with the key path of the table that has it.
func record(see func(table string, key setting.Key)) {
	d := &decoder{source: &source{Source: setting.NewRecorder(see), sized: make(map[string]bool)}}
	d.top = d.Table("", nil)
	d.identity(d.top)
	d.otel(d.top)
	d.enabled(nil, "default", d.top.At("trace", nil))
	d.rule(d.top.At("trace.sample.rules[]", nil))
}
