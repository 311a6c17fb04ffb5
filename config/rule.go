package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tracehook/tracehook/setting"
)

// rules reads a list of sampling rules.
func (d *decoder) rules(t *setting.Table, names ...string) []Rule {
	const example = `{ name = "http:*", sample = 0.1 }`
	v, name := t.Value("list of tables", names...), t.Name(names...)
	list, ok := v.([]any)
	if !ok && v != nil {
		t.Problem(name, "must be a list of tables such as %s, not %s", example, setting.Kind(v))
	}
	var rules []Rule
	for i, v := range list {
		m, ok := v.(map[string]any)
		switch {
		case ok:
			rules = append(rules, d.rule(t.At(setting.At(name, i), m)))
		case v != nil:
			t.Problem(setting.At(name, i), "must be a table such as %s, not %s", example, setting.Kind(v))
		}
	}
	return rules
}

func (d *decoder) rule(t *setting.Table) Rule {
	r := Rule{
		Name: condition(t, "name"), Kind: condition(t, "kind"), Service: condition(t, "service"),
		Attrs: d.attrs(t), Sample: t.Float(1, 0, 1, "sample"),
	}
	for _, key := range t.Unknown() {
		switch {
		case key == "rate":
			t.Problem(key, "unknown key; in a rule it is called sample")
		case slices.Contains(keyNames("trace.sample"), key):
			t.Problem(key, "unknown key; it holds for all spans of the connection: write it beside rules, not into one")
		default:
			continue
		}
		t.Ignore(key)
	}
	t.Done()
	return r
}

// condition reads a text that a span must match. An empty one looks like a condition, and
// would match everything.
func condition(t *setting.Table, name string) string {
	text := t.String("", name)
	if v, isText := t.Value("text", name).(string); isText && strings.TrimSpace(v) == "" {
		t.Problem(name, "is empty; leave it out to match any %s", name)
	}
	return text
}

// attrs reads the attribute conditions of a rule: the values that each may have, as printed.
func (*decoder) attrs(t *setting.Table) map[string][]string {
	values := t.Map("attrs")
	if len(values) == 0 {
		return nil
	}
	attrs := make(map[string][]string, len(values))
	for _, name := range sortedKeys(values) {
		path := setting.Join("attrs", name)
		list, isList := values[name].([]any)
		switch {
		case strings.TrimSpace(name) == "":
			t.Problem(path, "an empty name is no attribute")
			continue
		case !isList:
			list = []any{values[name]}
		case len(list) == 0:
			t.Problem(path, "is an empty list, which nothing matches; leave it out to match anything")
		}
		for i, v := range list {
			switch v.(type) {
			case nil:
			case []any, map[string]any:
				if isList {
					path = setting.At(setting.Join("attrs", name), i)
				}
				t.Problem(path, `must be a value or a list of values, not %s; write "a.b" = ... for an attribute with a dot in its name`, setting.Kind(v))
			default:
				attrs[name] = append(attrs[name], fmt.Sprint(v))
			}
		}
	}
	return attrs
}
