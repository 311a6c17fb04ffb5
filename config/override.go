package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
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
	for _, variable := range slices.Sorted(maps.Keys(d.env)) {
		name, ok := strings.CutPrefix(variable, overridePrefix)
		if !ok {
			continue
		}
		keys := strings.Split(strings.ToLower(name), "__")
		switch {
		case !slices.Contains(rootKeys(), keys[0]):
			// TRACEHOOK_HOME may be somebody else's; TRACEHOOK_TRACES__FILE__DRIVER is ours.
			if hint := nearest.Hint(keys[0], rootKeys()); hint != "" && len(keys) > 1 {
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
	d.problems = append(d.problems, Problem{File: variable, Message: message})
}

// branch returns the tree of one branch that, merged into existing, makes the override. It
// uses the names that the document uses: MY_FILE is the connection my-file if there is one.
func (d *decoder) branch(existing map[string]any, path string, keys []string, o override) map[string]any {
	name := spelled(keys[0], existing)
	path = setting.Join(path, name)
	old := existing[name]
	table, isTable := old.(map[string]any)
	if len(keys) == 1 {
		if isTable && name == "sample" && !strings.HasPrefix(o.value, "{") {
			return map[string]any{name: d.branch(table, path, []string{rateKey(table)}, o)}
		}
		d.SetPlace(path, Place{File: o.variable})
		d.SetVariable(path, o.variable, o.value)
		return map[string]any{name: d.overrideValue(path, old, o)}
	}
	switch {
	case isTable || old == nil:
		if old == nil {
			d.SetPlace(path, Place{File: o.variable})
		}
		return map[string]any{name: d.branch(table, path, keys[1:], o)}
	case name == "sample": // the number is the rate of the table that it becomes
		below := d.branch(map[string]any{"rate": old}, path, keys[1:], o)
		if _, ok := below["rate"]; !ok {
			below["rate"] = old
			d.SetPlace(setting.Join(path, "rate"), d.Place(path))
		}
		return map[string]any{name: below}
	default:
		d.failVariable(o.variable, path+" is "+typeName(old)+", so nothing below it can be set; set it whole")
		return nil
	}
}

// overrideValue gives the text of a variable the type that its key wants. Keys of ours take
// text; below setting, spool and retry, where any type may be meant, the type of the value
// that is replaced decides, and then the look of the text.
func (d *decoder) overrideValue(path string, old any, o override) any {
	last := o.keys[len(o.keys)-1]
	if first := strings.TrimSpace(o.value); last != "format" && last != "flag" &&
		(strings.HasPrefix(first, "{") || strings.HasPrefix(first, "[")) {
		if v, err := (exactJSON{}).value(o.value); err == nil {
			d.literal = true
			defer func() { d.literal = false }()
			return d.value(path, v, len(o.keys))
		}
	}
	open := slices.ContainsFunc(o.keys[:len(o.keys)-1], func(key string) bool {
		return key == "setting" || key == "spool" || key == "retry"
	})
	if _, wasText := old.(string); !open || wasText {
		return o.value
	}
	return guess(o.value)
}

// guess reads text as a TOML scalar if it looks like one.
func guess(text string) any {
	if text == "true" || text == "false" {
		return text == "true"
	}
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return i
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && !strings.ContainsAny(text, "xXnNiI_") {
		return f
	}
	if s, err := strconv.Unquote(text); err == nil && strings.HasPrefix(text, `"`) {
		return s
	}
	return text
}

func (exactJSON) value(text string) (any, error) {
	if !json.Valid([]byte(text)) {
		return nil, strconv.ErrSyntax
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var v any
	err := decoder.Decode(&v)
	return v, err
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
