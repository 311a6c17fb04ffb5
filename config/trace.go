package config

import (
	"cmp"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/tracehook/tracehook/internal/nearest"
	"github.com/tracehook/tracehook/setting"
)

// trace reads [trace]: its own keys are the connection default, and each other table in it
// is a connection.
func (d *decoder) trace(v any) []Connection {
	section, ok := d.table("trace", v)
	if !ok {
		return nil
	}
	own := table{d, section.path, make(map[string]any)}
	var connections []string
	known := names(connectionKeys())
	for _, name := range sortedKeys(section.m) {
		v := section.m[name]
		_, isTable := v.(map[string]any)
		switch {
		case isTable && !isReserved(name):
			connections = append(connections, name)
		case slices.Contains(known, name):
			own.m[name] = v
		case isListOfTables(v):
			d.fail(setting.Join("trace", name), "is a list of tables; a connection is one table, [trace."+name+"]")
		case v != nil:
			d.unknownKey("trace", name)
		}
	}
	d.inFileOrder(connections)
	var all []Connection
	if len(own.m) > 0 || len(section.m) == 0 {
		d.tables["default"] = "trace"
		all = append(all, d.connection("default", own))
	}
	for _, name := range connections {
		path := setting.Join("trace", name)
		t, _ := d.table(path, section.m[name])
		switch {
		case !isName(name):
			d.fail(path, fmt.Sprintf("%q is no name for a connection: it may have letters, digits, _, - and ., and at most %d of them", name, longestName))
			continue
		case name == "default" && len(own.m) > 0:
			d.fail(path, "the keys directly under [trace] are the connection default already; move them here, or rename this one")
			continue
		case d.meansReserved(t, name):
			continue
		}
		d.tables[name] = path
		all = append(all, d.connection(name, t))
	}
	return all
}

// meansReserved notes that [trace.sampel] was meant to be [trace.sample]: it has keys that no
// connection has.
func (d *decoder) meansReserved(t table, name string) bool {
	reserved := nearest.Name(name, []string{"setting", "sample", "fields", "spool", "retry"})
	if reserved == "" || t.has("driver") {
		return false
	}
	known := names(connectionKeys())
	for key := range t.m {
		if !slices.Contains(known, key) {
			d.fail(t.path, fmt.Sprintf("is read as a connection, and %q is no key of one; did you mean [trace.%s]?", key, reserved))
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
