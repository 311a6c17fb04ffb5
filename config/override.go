package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tracehook/tracehook/internal/nearest"
	"github.com/tracehook/tracehook/setting"
)

// overridePrefix begins the variables that set single keys.
const overridePrefix = "TRACEHOOK_"

// override is one variable that sets a key.
type override struct {
	variable string
	keys     []string // lower case
	value    string
}

// overrides returns the TRACEHOOK_ variables that name keys of ours, sorted by name so that
// the outcome doesn't depend on the order of the environment. INFRAGO_PROFILE, INFRAGO_ROLE
// and INFRAGO_NODE, which the framework obeys, come before, so that ours win.
func (d *decoder) overrides() []override {
	var all []override
	for _, key := range []string{"profile", "role", "node"} {
		variable := "INFRAGO_" + strings.ToUpper(key)
		if value := d.env[variable]; value != "" {
			all = append(all, override{variable, []string{key}, value})
		}
	}
	ours := append(sections(), identityKeys()...)
	for _, variable := range slices.Sorted(maps.Keys(d.env)) {
		name, ok := strings.CutPrefix(variable, overridePrefix)
		if !ok {
			continue
		}
		keys := strings.Split(strings.ToLower(name), "__")
		switch {
		case !slices.Contains(ours, keys[0]):
			// TRACEHOOK_HOME may be somebody else's; TRACEHOOK_TRACES__FILE__DRIVER is ours.
			if hint := nearest.Hint(keys[0], ours); hint != "" && len(keys) > 1 {
				d.failVariable(variable, fmt.Sprintf("%q is no section%s", keys[0], hint))
			}
		case slices.Contains(keys, ""):
			d.failVariable(variable, "has an empty key; two underscores stand between levels, as in TRACEHOOK_TRACE__FILE__DRIVER")
		case len(keys) > maxDepth:
			d.failVariable(variable, tooDeep())
		default:
			all = append(all, override{variable, keys, d.env[variable]})
		}
	}
	return all
}

func (d *decoder) failVariable(variable, message string) {
	d.top.Add(Problem{File: variable, Message: message})
}

// override sets the key of o in table, and makes the tables that lead to it. It uses the names
// that the document uses: MY_FILE is the connection my-file if there is one.
func (d *decoder) override(table map[string]any, o override) {
	path := ""
	for keys := o.keys; ; keys = keys[1:] {
		name := spelled(keys[0], table)
		path = setting.Join(path, name)
		below, isTable := table[name].(map[string]any)
		switch old := table[name]; {
		case len(keys) == 1 && isTable && name == "sample" && !strings.HasPrefix(o.value, "{"):
			keys = append(keys, rateKey(below))
		case len(keys) == 1:
			d.SetPlace(path, Place{File: o.variable})
			d.SetVariable(path, o.variable, o.value)
			table[name] = d.overrideValue(path, old, o)
			return
		case isTable:
		case old == nil:
			d.SetPlace(path, Place{File: o.variable})
			below = make(map[string]any)
		case name == "sample": // the number is the rate of the table that it becomes
			d.SetPlace(path+".rate", d.Place(path))
			below = map[string]any{"rate": old}
		default:
			d.failVariable(o.variable, path+" is "+setting.Kind(old)+", so nothing below it can be set; set it whole")
			return
		}
		table[name] = below
		table = below
	}
}

// overrideValue gives the text of a variable the type that its key wants. It may be a list or a
// table in JSON. Other keys of ours take text; below setting, spool and retry, where any type may
// be meant, the type of the value that is replaced decides, and then the look of the text.
func (d *decoder) overrideValue(path string, old any, o override) any {
	if !json.Valid([]byte(o.value)) {
		return o.value
	}
	above, last := o.keys[:len(o.keys)-1], o.keys[len(o.keys)-1]
	_, isText := old.(string)
	open := !isText && slices.ContainsFunc(above, func(key string) bool {
		return key == "setting" || key == "spool" || key == "retry"
	})
	v, err := decodeJSON([]byte(o.value))
	switch v.(type) {
	case map[string]any, []any:
		open = last != "format" && last != "flag"
	case nil:
		open = false
	}
	if !open || err != nil {
		return o.value
	}
	d.literal = true
	defer func() { d.literal = false }()
	return d.value(path, v, len(o.keys))
}

// rateKey returns the name under which a sample table has its rate: sample wins over rate.
func rateKey(table map[string]any) string {
	if _, ok := table["sample"]; ok {
		return "sample"
	}
	return "rate"
}

// spelled returns the key of table that an environment variable, which has neither lower
// case nor dashes and dots, means by name; name itself if there is none.
func spelled(name string, table map[string]any) string {
	if _, ok := table[name]; ok {
		return name
	}
	fold := strings.NewReplacer("-", "_", ".", "_")
	for _, key := range sortedKeys(table) {
		if fold.Replace(strings.ToLower(key)) == name {
			return key
		}
	}
	return name
}
