package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tracehook/tracehook/setting"
)

// fields reads a connection's field mapping: a list selects, a table selects and renames.
func (d *decoder) fields(t *setting.Table) []Field {
	var fields []Field
	taken := make(map[string]string)
	add := func(path string, source, target any) {
		from, isText := source.(string)
		to, isName := target.(string)
		from, to = strings.TrimSpace(from), strings.TrimSpace(to)
		switch other, twice := taken[to]; {
		case source == nil || target == nil:
		case !isText:
			t.Problem(path, "must be the name of a field in quotes, not %s", setting.Kind(source))
		case !isName:
			t.Problem(path, "must be the new name in quotes, not %s%s", setting.Kind(target), setting.Known(dotted(from, target)))
		case from == "":
			t.Problem(path, "an empty name is no field")
		case to == "":
			t.Problem(path, "has an empty name; leave the field out if it isn't wanted")
		case twice:
			t.Problem(path, "%q is the name of %s already", to, other)
		default:
			taken[to] = from
			fields = append(fields, Field{from, to})
		}
	}
	switch v := t.Value("list or table", "fields").(type) {
	case nil:
	case map[string]any:
		sources := sortedKeys(v)
		slices.SortStableFunc(sources, func(a, b string) int {
			x, y := d.Place(setting.Join(t.Path()+".fields", a)), d.Place(setting.Join(t.Path()+".fields", b))
			return cmp.Or(cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column))
		})
		for _, source := range sources {
			add(setting.Join("fields", source), source, v[source])
		}
	case string, []any:
		for i, source := range t.List("fields") {
			path := setting.At("fields", i)
			before := len(fields)
			add(path, source, source)
			if len(fields) > before {
				d.SetAlias(setting.Join(t.Path()+".fields", fields[before].Source), t.Path()+"."+path)
			}
		}
	default:
		t.Problem("fields", `must be a list of fields or a table of field = "name", not %s`, setting.Kind(v))
	}
	return fields
}

// dotted says how to name a field with dots, which TOML has read as tables.
func dotted(name string, v any) string {
	table, isTable := v.(map[string]any)
	if !isTable {
		return ""
	}
	names := []string{name}
	for len(table) == 1 {
		for key, below := range table {
			names = append(names, key)
			table, _ = below.(map[string]any)
		}
	}
	return fmt.Sprintf("; a name with dots needs quotes: %q", strings.Join(names, "."))
}
