package config

import (
	"fmt"
	"strings"

	"github.com/tracehook/tracehook/setting"
)

// rules reads a list of sampling rules.
func (d *decoder) rules(t table, name string) []Rule {
	path, v, ok := t.get(name)
	if !ok {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		d.fail(path, "must be a list of tables such as { name = \"http:*\", sample = 0.1 }, not "+typeName(v))
		return nil
	}
	rules := make([]Rule, 0, len(list))
	for i, v := range list {
		below := setting.At(path, i)
		m, ok := v.(map[string]any)
		if !ok {
			if v != nil {
				d.fail(below, "must be a table such as { name = \"http:*\", sample = 0.1 }, not "+typeName(v))
			}
			continue
		}
		rules = append(rules, d.rule(table{d, below, m}))
	}
	if len(rules) == 0 {
		return nil
	}
	return rules
}

func (d *decoder) rule(t table) Rule {
	r := Rule{Sample: 1}
	t.condition("name", &r.Name)
	t.condition("kind", &r.Kind)
	t.condition("service", &r.Service)
	t.rate("sample", &r.Sample)
	r.Attrs = d.attrs(t)
	t.only(ruleKeys())
	return r
}

// condition reads a text that a span must match. An empty one looks like a condition, and
// would match everything.
func (t table) condition(name string, into *string) {
	if path, v, ok := t.get(name); ok {
		if text, isText := v.(string); isText && strings.TrimSpace(text) == "" {
			t.d.fail(path, "is empty; leave it out to match any "+name)
			return
		}
	}
	t.text(name, into)
}

// attrs reads the attribute conditions of a rule: the values that each may have, as printed.
func (d *decoder) attrs(t table) map[string][]string {
	in, ok := t.below("attrs")
	if !ok || len(in.m) == 0 {
		return nil
	}
	attrs := make(map[string][]string, len(in.m))
	for _, name := range sortedKeys(in.m) {
		path := setting.Join(in.path, name)
		v := in.m[name]
		if strings.TrimSpace(name) == "" {
			d.fail(path, "an empty name is no attribute")
			continue
		}
		list, isList := v.([]any)
		if !isList {
			list = []any{v}
		} else if len(list) == 0 {
			d.fail(path, "is an empty list, which nothing matches; leave it out to match anything")
		}
		for i, v := range list {
			switch v.(type) {
			case nil:
			case []any, map[string]any:
				if isList {
					path = setting.At(setting.Join(in.path, name), i)
				}
				d.fail(path, "must be a value or a list of values, not "+typeName(v)+`; write "a.b" = ... for an attribute with a dot in its name`)
			default:
				attrs[name] = append(attrs[name], fmt.Sprint(v))
			}
		}
	}
	return attrs
}
