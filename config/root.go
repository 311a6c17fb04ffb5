package config

import (
	"fmt"
	"slices"

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
