package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tracehook/tracehook/internal/nearest"
	"github.com/tracehook/tracehook/setting"
)

// sections are the tables at the top of a file that this package reads.
func sections() []string { return []string{"trace", "otel"} }

// identityKeys are the other keys at the top of a file that this package reads.
func identityKeys() []string { return []string{"project", "name", "profile", "role", "node"} }

// identity reads the keys at the top of the file. They are the application's as much as ours,
// so that a table called node is left alone, and numbers are taken as text.
func (d *decoder) identity(root *setting.Table) Identity {
	text := func(name string) string {
		if v := root.Value("text", name); v != nil {
			return fmt.Sprint(v)
		}
		return ""
	}
	id := Identity{Project: text("project"), Profile: text("profile"), Role: text("role"), Node: text("node")}
	if name := text("name"); name != "" { // as in the framework
		id.Project = name
		d.SetAlias("project", "name")
	}
	return id
}

// foreign refuses files of other programs. Read as configurations without [trace], they would turn on the
// console without a warning.
func (d *decoder) foreign(m map[string]any) {
	if m["trace"] != nil {
		return
	}
	for _, key := range sortedKeys(m) {
		value := m[key]
		_, isTable := value.(map[string]any)
		switch first, rest, dotted := strings.Cut(key, "."); {
		case dotted && rest != "" && slices.Contains(sections(), first):
			d.fail(setting.Join("", key), "a name with dots is one key here, and nobody reads it: write a table for each level")
		case isTable && slices.Contains([]string{"tracing", "tracehook", "traces", "tracer"}, key):
			d.fail(key, "is not read: the section is called [trace]. Rename it, or, if it is somebody else's, add an empty [trace], which writes to the console")
		}
	}
	if _, provider := m["tracer_provider"].(map[string]any); provider {
		d.fail("tracer_provider", `looks like OpenTelemetry's own configuration, which is read if it says so: add file_format: "1.0"`)
	}
	_, receivers := m["receivers"].(map[string]any)
	_, exporters := m["exporters"].(map[string]any)
	_, service := m["service"].(map[string]any)
	if receivers && exporters || exporters && service {
		d.fail("exporters", "this is the configuration of a Collector: its receivers, processors and exporters don't run in a program. Write [trace] with a connection whose driver is otlp, and send to that Collector")
	}
}

// nearMiss notes a table at the top of the file whose name is almost one of ours, and whose
// keys are ours. Every other table, [hotel] and [race] too, is the application's.
func (d *decoder) nearMiss(name string, v any) {
	meant := nearest.Name(name, sections())
	m, ok := v.(map[string]any)
	if meant == "" || !ok {
		return
	}
	ours := keyNames(meant)
	for key, below := range m {
		sub, isTable := below.(map[string]any)
		_, hasDriver := sub["driver"]
		if slices.Contains(ours, key) || meant == "trace" && isTable && hasDriver {
			d.fail(setting.Join("", name), "looks like a section of this package; did you mean [%s]?", meant)
			return
		}
	}
}
