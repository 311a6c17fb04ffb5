package config

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tracehook/tracehook/setting"
)

// fileFormat is the key that makes a file one of OpenTelemetry's declarative configuration.
var fileFormat = regexp.MustCompile(`(?m)^[\s{]*["']?file_format["']?\s*:`)

// laterFormat is a version that may have added keys to those of 1.0 and 1.1.
var laterFormat = regexp.MustCompile(`^1\.[1-9][0-9]*$`)

func isDeclarative(format string, data []byte) bool {
	return strings.Trim(strings.ToLower(format), ".") != "toml" && fileFormat.Match(data)
}

// declarative turns a file of OpenTelemetry's declarative configuration into the document that
// says the same in ours: each processor with its exporter is a connection, and the one sampler is
// the policy of each. The keys of the result are aliases of those that were written, so that
// problems name what the file has.
type declarative struct {
	*decoder
	trace, otel map[string]any
	// ours and theirs are the key paths of the connection that is made and of its processor.
	ours, theirs string
}

// parseDeclarative reads a declarative configuration. What it has no counterpart for is a problem
// where spans would go elsewhere or be decided otherwise, and a note where they wouldn't.
func (d *decoder) parseDeclarative(data []byte) (map[string]any, Problems) {
	d.declared = true
	keys := 0
	problems := locateYAML(data, func(path string, line, column int) {
		if keys++; keys <= maxKeys {
			d.SetLine(path, line, column)
		}
	})
	if keys > maxKeys {
		problems = append(problems, Problem{Message: tooMany()})
	}
	if len(problems) > 0 {
		return nil, explain(data, problems)
	}
	node, _, err := decodeYAML(data)
	if err != nil || len(node.Content) == 0 {
		return nil, yamlProblems(err)
	}
	d.substituteAll("", node.Content[0])
	var values map[string]any
	if err := node.Content[0].Decode(&values); err != nil {
		return nil, explain(data, yamlProblems(err))
	}
	c := &declarative{decoder: d, trace: make(map[string]any), otel: make(map[string]any)}
	c.read(d.top.At("", values))
	return map[string]any{"trace": c.trace, "otel": c.otel}, nil
}

// alias says that the key at path stands for what was written as another.
func (c *declarative) alias(path, written string) {
	c.SetAlias(path, written)
	if c.ours != "" { // the path that drivers know is that of the processor
		if below, ok := strings.CutPrefix(path, c.ours+"."); ok {
			c.SetAlias(c.theirs+"."+below, written)
		}
	}
}

func (c *declarative) note(t *setting.Table, key, message string) {
	p := c.Problem(setting.Join(t.Path(), key), "%s", setting.Known(message))
	c.warnings = append(c.warnings, p)
}

func (c *declarative) read(root *setting.Table) {
	format := fmt.Sprint(root.Value("text", "file_format"))
	if !slices.Contains([]string{"1.0", "1.1"}, format) && format != "1" {
		if laterFormat.MatchString(format) {
			c.note(root, "file_format", "1.0 and 1.1 are known; what a later one has added is reported as unknown")
		} else {
			root.Problem("file_format", "%q is not known; 1.0 and 1.1 are", format)
		}
	}
	if root.Bool(false, "disabled") {
		c.env["OTEL_SDK_DISABLED"] = "true"
	} else {
		delete(c.env, "OTEL_SDK_DISABLED")
	}
	c.resource(root.Table("resource"))
	c.propagator(root.Table("propagator"))
	c.limits(root)
	if t := root.Table("tracer_provider"); slices.Contains(root.Keys(), "tracer_provider") {
		c.provider(t)
	} else {
		c.note(root, "file_format", "there is no tracer_provider, so no span is kept")
		c.trace["enabled"] = false
	}
	for _, key := range root.Unknown() {
		switch key {
		case "log_level", "meter_provider", "logger_provider", "instrumentation/development", "distribution":
			c.note(root, key, "is not read: it is about something else than traces")
			root.Ignore(key)
		case "trace", "otel":
			root.Problem(key, "a file with file_format has no [%s]; give one of them a file of its own", setting.Known(key))
			root.Ignore(key)
		}
	}
	root.Done()
}

func (c *declarative) provider(t *setting.Table) {
	_ = t.Map("limits") // read already
	sample := c.sampler(t)
	list := t.List("processors")
	if len(list) == 0 {
		t.Problem("processors", "is missing: without a processor no span is exported")
	}
	for i, v := range list {
		path := setting.At("processors", i)
		m, isTable := v.(map[string]any)
		if !isTable {
			t.Problem(path, "must be a table with batch or simple, not %s", setting.Kind(v))
			continue
		}
		c.processor(t.At(path, m), sample)
	}
	if t.Has("tracer_configurator/development") {
		c.note(t, "tracer_configurator/development", "is not read: all tracers are on")
	}
	if t.Has("id_generator") || t.Has("id_generator/development") {
		c.note(t, t.Name("id_generator", "id_generator/development"), "is not read: give one with otelbridge.WithTracerProviderOptions")
	}
	t.Done()
}

func (c *declarative) limits(root *setting.Table) {
	limits := make(map[string]any)
	all := root.Table("attribute_limits")
	provider, _ := root.Below("tracer_provider", "limits")
	own, _ := provider.(map[string]any)
	spans := root.At("tracer_provider.limits", own)
	for _, key := range []string{"attribute_count_limit", "attribute_value_length_limit"} {
		if v := all.Value("integer", key); v != nil {
			limits[key] = v
			c.alias("otel.limits."+key, "attribute_limits."+key)
		}
	}
	for _, key := range []string{
		"attribute_count_limit", "attribute_value_length_limit", "event_count_limit", "link_count_limit",
		"event_attribute_count_limit", "link_attribute_count_limit",
	} {
		if v := spans.Value("integer", key); v != nil {
			limits[key] = v
			c.alias("otel.limits."+key, "tracer_provider.limits."+key)
		}
	}
	for _, t := range []*setting.Table{all, spans} {
		if t.Has("attribute_value_depth_limit") {
			c.note(t, "attribute_value_depth_limit", "is not applied: the SDK has no such limit")
		}
		t.Done()
	}
	if len(limits) > 0 {
		c.otel["limits"] = limits
	}
}

func (c *declarative) propagator(t *setting.Table) {
	var names []any
	add := func(name, path string) {
		if name = strings.TrimSpace(name); name == "" || slices.Contains(names, any(name)) {
			return
		}
		c.alias(setting.At("otel.propagators", len(names)), path)
		names = append(names, name)
	}
	for i, v := range t.List("composite") {
		path := setting.At(setting.Join(t.Path(), "composite"), i)
		m, isTable := v.(map[string]any)
		if !isTable || len(m) != 1 {
			t.Problem(setting.At("composite", i), "must be a table of one name, such as tracecontext:")
			continue
		}
		add(sortedKeys(m)[0], path)
	}
	for name := range strings.SplitSeq(t.String("", "composite_list"), ",") {
		add(name, setting.Join(t.Path(), "composite_list"))
	}
	if len(names) > 0 {
		c.otel["propagators"] = names
	}
	t.Done()
}

func (c *declarative) resource(t *setting.Table) {
	attributes := make(map[string]any)
	for name, value := range setting.Pairs(t.String("", "attributes_list")) {
		if name == "" {
			t.Problem("attributes_list", "must be key=value pairs with commas between them, values percent-encoded")
			continue
		}
		attributes[name] = value
		c.alias("otel.resource."+setting.Join("", name), setting.Join(t.Path(), "attributes_list"))
	}
	for i, v := range t.List("attributes") {
		m, _ := v.(map[string]any)
		a := t.At(setting.At("attributes", i), m)
		name, value := a.String("", "name"), a.Value("value", "value")
		_ = a.String("", "type")
		list, isList := value.([]any)
		_, isTable := value.(map[string]any)
		switch {
		case isTable:
			a.Problem("value", "must be a single value or a list, not a table")
		case name == "":
			a.Problem("name", "is missing")
		case value == nil:
			a.Problem("value", "is missing")
		case isList:
			attributes[name] = joined(list)
			c.note(a, "value", "becomes one text with commas")
		default:
			attributes[name] = fmt.Sprint(value)
		}
		c.alias("otel.resource."+setting.Join("", name), a.Path())
		a.Done()
	}
	_ = t.String("", "schema_url")
	c.detection(t.Table("detection/development"))
	if len(attributes) > 0 {
		c.otel["resource"] = attributes
	}
	t.Done()
}

// detection reads what detectors are to run.
func (c *declarative) detection(t *setting.Table) {
	var names []any
	for i, v := range t.List("detectors") {
		m, isTable := v.(map[string]any)
		if !isTable {
			t.Problem(setting.At("detectors", i), "must be a table with the name of a detector, not %s", setting.Kind(v))
			continue
		}
		kind, below := only(t.At(setting.At("detectors", i), m), m)
		if below == nil {
			continue
		}
		if len(below.Keys()) > 0 {
			c.note(below, "", "is not read: a detector has no options here")
		}
		c.alias("otel."+setting.At("detectors", len(names)), below.Path())
		if names = append(names, kind); kind == "host" { // there the attributes of both
			names = append(names, "os")
		}
	}
	if t.Has("attributes") {
		c.note(t, "attributes", "is not applied: a detector gives all its attributes, of a process never the arguments")
	}
	if len(names) > 0 {
		c.otel["detectors"] = names
	}
	t.Done()
}

func joined(list []any) string {
	var b bytes.Buffer
	for i, v := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprint(&b, v)
	}
	return b.String()
}

// only returns the one key of a table that holds one thing by its kind, and that thing's table.
func only(t *setting.Table, values map[string]any) (kind string, below *setting.Table) {
	keys := sortedKeys(values)
	if len(keys) != 1 {
		t.Problem("", "must have one key, not %d", len(keys))
		t.Ignore(keys...)
		return "", nil
	}
	return keys[0], t.Table(keys[0])
}
