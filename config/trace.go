package config

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/tracehook/tracehook/internal/nearest"
	"github.com/tracehook/tracehook/setting"
)

// reserved are the tables below [trace] that belong to the connection default and are no
// connections.
func reserved() []string { return []string{"setting", "sample", "fields", "spool", "retry", "redact"} }

// trace reads [trace]: its own keys are the connection default, and each other table in it
// is a connection.
func (d *decoder) trace(root *setting.Table) []Connection {
	section := root.Map("trace")
	if section == nil {
		return nil
	}
	own := make(map[string]any)
	var names []string
	for _, name := range sortedKeys(section) {
		v := section[name]
		_, isTable := v.(map[string]any)
		switch {
		case isTable && !slices.Contains(reserved(), name):
			names = append(names, name)
		case isListOfTables(v) && !slices.Contains(reserved(), name):
			d.fail(setting.Join("trace", name), "is a list of tables; a connection is one table, [trace.%s]", name)
		case v != nil:
			own[name] = v
		}
	}
	d.inFileOrder(names)
	var all []Connection
	if len(own) > 0 || len(section) == 0 {
		d.tables["default"] = "trace"
		all = d.enabled(all, "default", root.At("trace", own))
	}
	for _, name := range names {
		path := setting.Join("trace", name)
		m, _ := section[name].(map[string]any)
		switch {
		case !isName(name):
			d.fail(path, "%q is no name for a connection: it may have letters, digits, _, - and ., and at most %d of them", name, longestName)
		case name == "default" && len(own) > 0:
			d.fail(path, "the keys directly under [trace] are the connection default already; move them here, or rename this one")
		case !d.meansReserved(path, name, m):
			d.tables[name] = path
			d.added(path, name, m)
			all = d.enabled(all, name, root.At(path, m))
		}
	}
	return all
}

// enabled appends the connection that t describes, unless it is turned off. One that is off is
// read all the same, so that what is wrong in it is said before it is turned on.
func (d *decoder) enabled(all []Connection, name string, t *setting.Table) []Connection {
	if c, on := d.connection(name, t); on {
		all = append(all, c)
	}
	return all
}

// meansReserved notes that [trace.sampel] was meant to be [trace.sample]: it has keys that no
// connection has.
func (d *decoder) meansReserved(path, name string, values map[string]any) bool {
	meant := nearest.Name(name, reserved())
	if meant == "" || values["driver"] != nil {
		return false
	}
	known := keyNames("trace")
	for _, key := range sortedKeys(values) {
		if !slices.Contains(known, key) {
			d.fail(path, "is read as a connection, and %q is no key of one; did you mean [trace.%s]?", key, meant)
			return true
		}
	}
	return false
}

// inFileOrder sorts connections by where they stand; those without a place come last, by name.
func (d *decoder) inFileOrder(connections []string) {
	slices.SortStableFunc(connections, func(a, b string) int {
		x, y := d.Place(setting.Join("trace", a)), d.Place(setting.Join("trace", b))
		return cmp.Or(
			cmp.Compare(min(1, y.Line), min(1, x.Line)),
			cmp.Compare(x.Line, y.Line),
			cmp.Compare(x.Column, y.Column),
			cmp.Compare(a, b),
		)
	})
}

func isListOfTables(v any) bool {
	list, _ := v.([]any)
	if len(list) == 0 {
		return false
	}
	_, ok := list[0].(map[string]any)
	return ok
}

// longestName is the most characters of a connection's name, which becomes part of file names
// and metric attributes.
const longestName = 64

func isName(name string) bool {
	if name == "" || utf8.RuneCountInString(name) > longestName || name == "." || name == ".." {
		return false
	}
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-' && r != '.' {
			return false
		}
	}
	return true
}
