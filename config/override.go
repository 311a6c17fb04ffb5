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
		case slices.ContainsFunc(sections(), func(section string) bool { return strings.HasPrefix(keys[0], section+"_") }):
			d.failVariable(variable, "has one underscore where two stand between levels, as in TRACEHOOK_TRACE__FILE__DRIVER")
		case !slices.Contains(ours, keys[0]):
			// TRACEHOOK_HOME may be somebody else's; TRACEHOOK_TRACES__FILE__DRIVER is ours.
			if hint := nearest.Hint(keys[0], ours); hint != "" && len(keys) > 1 {
				d.failVariable(variable, fmt.Sprintf("%q is no section%s", keys[0], hint))
			}
		case slices.Contains(keys, ""):
			d.failVariable(variable, "has an empty key; two underscores stand between levels, as in TRACEHOOK_TRACE__FILE__DRIVER")
		case len(keys) > maxDepth:
			d.failVariable(variable, tooDeep())
		case d.env[variable] == "":
			d.warn(variable, `is ignored: it is empty; write "" with its quotes to set an empty text`)
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
		case len(keys) == 1 && d.underscores(o, table, name):
			return
		case len(keys) == 1:
			d.Forget(path)
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
	if o.value == `""` {
		return ""
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

// underscores reports a variable such as TRACEHOOK_TRACE__FILE_DRIVER: it sets a key that nobody
// knows, and with two underscores in place of one it would lead through a table that is there.
func (d *decoder) underscores(o override, table map[string]any, name string) bool {
	const deepest = 3 // below that, the keys are the driver's
	if len(o.keys) > deepest || o.keys[0] != "trace" || table[name] != nil || slices.Contains(keyNames("trace"), name) {
		return false
	}
	for i, c := range name {
		outer := name[:i]
		_, isTable := table[spelled(outer, table)].(map[string]any)
		if c != '_' || !isTable && !slices.Contains(reserved(), outer) {
			continue
		}
		meant := o.variable[:len(o.variable)-len(name)+i] + "_" + o.variable[len(o.variable)-len(name)+i:]
		d.failVariable(o.variable, fmt.Sprintf("sets the unknown key %q; two underscores stand between levels: did you mean %s?", name, meant))
		return true
	}
	return false
}

// connectionsIn returns the names of the connections of a document.
func connectionsIn(document map[string]any) map[string]bool {
	names := make(map[string]bool)
	section, _ := document["trace"].(map[string]any)
	for name, v := range section {
		if _, isTable := v.(map[string]any); isTable && !slices.Contains(reserved(), name) {
			names[name] = true
		}
	}
	return names
}

// added looks at a connection that only variables have made. Without a driver, its name was
// probably misspelled.
func (d *decoder) added(path, name string, values map[string]any) {
	variable := d.Place(path).File
	if d.written[name] || values["driver"] != nil || !strings.HasPrefix(variable, overridePrefix) {
		return
	}
	driver := overridePrefix + "TRACE__" + strings.ToUpper(name) + "__DRIVER"
	if meant := nearest.Name(name, sortedKeys(d.written)); meant != "" && len(name) > 2 {
		d.top.Add(Problem{Path: path, File: variable, Message: fmt.Sprintf("there is no connection %q, did you mean %q? Set %s if a new one is meant", name, meant, driver)})
		return
	}
	d.warn(variable, fmt.Sprintf("adds the connection %q, which writes to the console; set %s to say where it writes", name, driver))
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
