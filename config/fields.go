package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tracehook/tracehook/setting"
)

// fields reads a connection's field mapping: a list selects, a table selects and renames.
func (d *decoder) fields(t table) []Field {
	path, v, ok := t.get("fields")
	if !ok {
		return nil
	}
	var fields []Field
	var paths []string
	if m, isTable := v.(map[string]any); isTable {
		fields, paths = d.fieldTable(path, m)
	} else if list, isList := d.asList(path, v); isList {
		fields, paths = d.fieldList(path, list)
	} else {
		d.fail(path, "must be a list of fields or a table of field = \"name\", not "+typeName(v))
		return nil
	}
	taken := make(map[string]string)
	for i, f := range fields {
		if other, ok := taken[f.Target]; ok {
			d.fail(paths[i], fmt.Sprintf("%q is the name of %s already", f.Target, other))
		}
		taken[f.Target] = f.Source
	}
	return fields
}

func (d *decoder) fieldTable(path string, m map[string]any) (fields []Field, paths []string) {
	sources := sortedKeys(m)
	slices.SortStableFunc(sources, func(a, b string) int {
		x, y := d.Place(setting.Join(path, a)), d.Place(setting.Join(path, b))
		return cmp.Or(cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column))
	})
	for _, source := range sources {
		below := setting.Join(path, source)
		target, ok := m[source].(string)
		switch {
		case m[source] == nil:
		case !ok:
			d.fail(below, "must be the new name in quotes, not "+typeName(m[source]))
		case strings.TrimSpace(source) == "":
			d.fail(below, "an empty name is no field")
		case strings.TrimSpace(target) == "":
			d.fail(below, "has an empty name; leave the field out if it isn't wanted")
		default:
			fields = append(fields, Field{strings.TrimSpace(source), strings.TrimSpace(target)})
			paths = append(paths, below)
		}
	}
	return fields, paths
}

func (d *decoder) fieldList(path string, list []any) (fields []Field, paths []string) {
	for i, v := range list {
		below := setting.At(path, i)
		source, ok := v.(string)
		source = strings.TrimSpace(source)
		switch {
		case v == nil:
		case !ok:
			d.fail(below, "must be the name of a field in quotes, not "+typeName(v))
		case source == "":
			d.fail(below, "an empty name is no field")
		default:
			fields = append(fields, Field{source, source})
			paths = append(paths, below)
			if documented := setting.Join(path, source); d.Actual(documented) == documented {
				d.SetAlias(setting.Join(path, source), below)
			}
		}
	}
	return fields, paths
}
