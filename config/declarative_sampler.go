package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tracehook/tracehook/setting"
)

// sampler returns the sample table that decides as the sampler of the file does. OpenTelemetry's
// samplers know no errors, so that nothing is kept beyond what they say.
func (c *declarative) sampler(t *setting.Table) map[string]any {
	sample := map[string]any{"error": false, "parent": "respect", "rate": int64(1)}
	if values := t.Map("sampler"); values != nil {
		sample["parent"] = "ignore"
		c.plain(t.At("sampler", values), values, sample, false)
	}
	return sample
}

// plain reads a sampler; composable says that the words are those of composite samplers.
func (c *declarative) plain(t *setting.Table, values, sample map[string]any, composable bool) {
	kind, below := only(t, values)
	if below == nil {
		return
	}
	switch strings.TrimSuffix(kind, "/development") {
	case "always_on":
		sample["rate"] = int64(1)
	case "always_off":
		sample["rate"] = int64(0)
	case "trace_id_ratio_based", "probability":
		sample["rate"] = below.Float(1, 0, 1, "ratio")
	case "parent_based", "parent_threshold":
		sample["parent"] = "respect"
		c.parentBased(below, sample, composable)
	case "always_record":
		c.note(t, kind, "is not needed: what a connection keeps is recorded, and nothing else is exported")
		if inner := below.Map("root", "sampler"); inner != nil {
			c.plain(below.At(below.Name("root", "sampler"), inner), inner, sample, composable)
		} else {
			below.Problem("root", "is missing: it is the sampler that decides")
		}
	case "composite":
		if inner := below.Keys(); len(inner) > 0 {
			kinds := make(map[string]any)
			for _, key := range inner {
				kinds[key] = below.Value("table", key)
				if kinds[key] == nil {
					kinds[key] = map[string]any{}
				}
			}
			c.plain(below, kinds, sample, true)
			return
		}
		below.Problem("", "is empty")
	case "rule_based":
		c.ruleBased(below, sample)
	default:
		t.Problem(setting.Join("", kind), "this sampler has no counterpart here; known are always_on, always_off, trace_id_ratio_based, parent_based, probability/development, always_record and composite/development with rule_based and parent_threshold")
		t.Ignore(kind)
		return
	}
	below.Done()
}

// parentBased reads what is decided without a parent. What follows a parent is fixed: a connection
// respects it.
func (c *declarative) parentBased(t *setting.Table, sample map[string]any, composable bool) {
	if root := t.Map("root"); root != nil {
		inner := map[string]any{}
		c.plain(t.At("root", root), root, inner, composable)
		for _, key := range []string{"rate", "rules"} {
			if inner[key] != nil {
				sample[key] = inner[key]
			}
		}
		if rate := fmt.Sprint(inner["rate"]); inner["rules"] != nil || rate != "1" && rate != "0" {
			c.note(t, "root", "decides below a sampled remote parent, too: a span is kept there with the smaller probability of both")
		}
	}
	for _, key := range []string{"remote_parent_sampled", "remote_parent_not_sampled", "local_parent_sampled", "local_parent_not_sampled"} {
		values := t.Map(key)
		want := "always_on"
		if strings.HasSuffix(key, "_not_sampled") {
			want = "always_off"
		}
		if values != nil && !slices.Equal(sortedKeys(values), []string{want}) {
			t.Problem(key, "has no counterpart here unless it is %s: a parent's decision is respected", setting.Known(want))
		}
	}
}

// ruleBased makes rules of rules. There the first that matches decides, and what none matches is
// dropped.
func (c *declarative) ruleBased(t *setting.Table, sample map[string]any) {
	var rules []any
	var heads parents
	sample["rate"] = int64(0)
	for i, v := range t.List("rules") {
		m, isTable := v.(map[string]any)
		if !isTable {
			t.Problem(setting.At("rules", i), "must be a table, not %s", setting.Kind(v))
			continue
		}
		in := t.At(setting.At("rules", i), m)
		inner := map[string]any{"rate": int64(1)}
		if values := in.Map("sampler"); values != nil {
			c.plain(in.At("sampler", values), values, inner, true)
		} else {
			in.Problem("sampler", "is missing")
		}
		if inner["rules"] != nil {
			in.Problem("sampler", "a rule has a rate here, not a sampler that asks further")
		} else if !heads.fits(inner) {
			in.Problem("sampler", "has no counterpart here beside the rules above: either all of them respect a parent, by parent_threshold, or none")
		}
		conditions := c.conditions(in)
		in.Done()
		if conditions == nil {
			sample["rate"] = inner["rate"] // the last one, whatever follows
			if i < len(t.List("rules"))-1 {
				c.note(t, "rules", fmt.Sprintf("rule %d matches every span, so that no later one counts", i+1))
			}
			break
		}
		for _, condition := range conditions {
			condition["sample"] = inner["rate"]
			rules = append(rules, condition)
		}
	}
	if len(rules) > 1 {
		c.note(t, "rules", "of two rules that match, the narrower one decides here, not the first")
	}
	if len(rules) > 0 {
		sample["rules"] = rules
	}
	if heads.respected {
		sample["parent"] = "respect"
	}
}

// parents says whether rules respect a parent, which a connection does for all of them.
type parents struct{ respected, ignored bool }

// fits reports whether a rule with that sampler can stand beside those before it. One that keeps nothing
// can, whatever the others do.
func (p *parents) fits(sample map[string]any) bool {
	switch {
	case sample["parent"] == "respect":
		p.respected = true
	case fmt.Sprint(sample["rate"]) != "0":
		p.ignored = true
	}
	return !p.respected || !p.ignored
}

// conditions returns a rule for each span kind; nil if every span matches.
func (*declarative) conditions(t *setting.Table) []map[string]any {
	before := t.Len()
	attrs := make(map[string]any)
	if in := t.Table("attribute_values"); len(in.Keys()) > 0 {
		if key, values := in.String("", "key"), in.List("values"); key != "" && len(values) > 0 {
			attrs[key] = values
		} else {
			in.Problem("", "needs key and values")
		}
		in.Done()
	}
	if in := t.Table("attribute_patterns"); len(in.Keys()) > 0 {
		key, included := in.String("", "key"), in.List("included")
		switch {
		case key == "" || len(included) == 0 && !in.Has("excluded"):
			in.Problem("", "needs key and included")
		case in.Has("excluded"):
			in.Problem("excluded", "has no counterpart here: a rule says what matches, not what doesn't")
		default:
			attrs[key] = included
		}
		in.Done()
	}
	if parents := t.Strings("parent"); len(parents) > 0 && len(parents) < 3 {
		t.Problem("parent", "has no counterpart here: rules don't look at the parent")
	}
	kinds := t.Strings("span_kinds")
	switch {
	case t.Len() > before:
		return []map[string]any{}
	case len(kinds) == 0 && len(attrs) == 0:
		return nil
	}
	if len(kinds) == 0 {
		kinds = []string{""}
	}
	var all []map[string]any
	for _, kind := range kinds {
		rule := make(map[string]any)
		if kind != "" {
			rule["kind"] = kind
		}
		if len(attrs) > 0 {
			rule["attrs"] = attrs
		}
		all = append(all, rule)
	}
	return all
}
