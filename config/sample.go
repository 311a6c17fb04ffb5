package config

import (
	"slices"
	"strings"

	"github.com/tracehook/tracehook/setting"
)

func newSample() Sample {
	return Sample{Rate: 1, Error: true, Key: "trace_id", Parent: "respect"}
}

// sample reads a connection's sampling policy. It takes the sampling keys that the framework
// also allows in setting out of that table.
func (d *decoder) sample(t table, own map[string]any) Sample {
	s := newSample()
	path, v, ok := t.get("sample")
	in := table{d, path, nil}
	if m, isTable := v.(map[string]any); isTable {
		in.m = m
		in.only(sampleKeys())
	} else if _, isList := v.([]any); isList {
		d.fail(path, "must be a number from 0 to 1 or a table, not a list")
	} else if ok {
		t.rate("sample", &s.Rate)
		d.SetAlias(setting.Join(path, "rate"), path)
	}
	// The order of the framework: a later one wins.
	for _, name := range []string{"rate", "sample"} {
		in.rate(name, &s.Rate)
		d.alias(in, name, "rate")
	}
	for _, name := range []string{"sample_error", "error"} {
		in.bool(name, &s.Error)
	}
	for _, name := range []string{"sample_key", "key"} {
		in.key(name, &s.Key)
	}
	for _, name := range []string{"sample_rules", "rules"} {
		if in.has(name) {
			s.Rules = d.rules(in, name)
			d.alias(in, name, "rules")
		}
	}
	in.duration("slow", &s.Slow)
	in.limit("limit", &s.Limit)
	in.word("parent", &s.Parent, "respect", "ignore")
	in.optionalBool("propagate", &s.Propagate)
	in.optionalBool("dynamic", &s.Dynamic)
	d.sampleInSetting(table{d, setting.Join(t.path, "setting"), own}, setting.Join(t.path, "sample"), &s)
	return s
}

// sampleInSetting reads error, key and rules, and their long names, from setting, where they
// win over the sample table. What is no sampling value is left for the driver: setting.key
// may be a file.
func (d *decoder) sampleInSetting(t table, sample string, s *Sample) {
	for _, name := range []string{"sample_error", "error"} {
		if b, ok := d.asBool(setting.Join(t.path, name), t.m[name]); ok {
			s.Error = b
			d.taken(t, name, setting.Join(sample, "error"))
		}
	}
	for _, name := range []string{"sample_key", "key"} {
		text, _ := t.m[name].(string)
		if word := strings.ToLower(strings.TrimSpace(text)); isSampleKey(word) {
			s.Key = word
			d.taken(t, name, setting.Join(sample, "key"))
		}
	}
	for _, name := range []string{"sample_rules", "rules"} {
		if isListOfTables(t.m[name]) {
			s.Rules = d.rules(t, name)
			d.taken(t, name, setting.Join(sample, "rules"))
		}
	}
}

func (d *decoder) taken(t table, name, documented string) {
	d.SetAlias(documented, setting.Join(t.path, name))
	delete(t.m, name)
}

// alias notes that the key documented as is was written as name in t.
func (d *decoder) alias(t table, name, is string) {
	if t.has(name) && name != is {
		d.SetAlias(setting.Join(t.path, is), setting.Join(t.path, name))
	}
}

// key reads what the randomness of a decision comes from.
func (t table) key(name string, into *string) {
	if text, ok := t.m[name].(string); ok {
		if word := strings.ToLower(strings.TrimSpace(text)); isSampleKey(word) {
			*into = word
			return
		}
	}
	t.word(name, into, keyWords()...)
}

func keyWords() []string { return []string{"trace_id", "span_id", "trace_span", "counter"} }

func isSampleKey(word string) bool { return slices.Contains(keyWords(), word) }

// limit reads a number of spans a second.
func (t table) limit(name string, into *float64) {
	number(t, name, into, asNumber, "a number of spans a second", func(f float64) string {
		switch {
		case f == 0:
			return " would let nothing pass; leave it out for no limit, or set rate = 0"
		case f < 0:
			return " is negative; it is a number of spans a second"
		}
		return ""
	})
}
