package config

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tracehook/tracehook/setting"
)

func newSample() Sample {
	return Sample{Rate: 1, Error: true, Key: "trace_id", Parent: "respect"}
}

// sample reads a connection's sampling policy. It takes the sampling keys that the framework
// also allows in setting out of that table, which is own.
func (d *decoder) sample(t *setting.Table, own map[string]any) Sample {
	s := newSample()
	v := t.Value("number or table", "sample")
	values, _ := v.(map[string]any)
	in := t.At("sample", values)
	switch v.(type) {
	case nil, map[string]any:
	case []any:
		t.Problem("sample", "must be a number from 0 to 1 or a table, not a list")
	default:
		s.Rate = t.Float(1, 0, 1, "sample")
		d.SetAlias(in.Path()+".rate", in.Path())
	}
	s.Rate = in.Float(s.Rate, 0, 1, "sample", "rate")
	s.Error = in.Bool(s.Error, "error", "sample_error")
	s.Key = in.Word(s.Key, sampleKeys(), "key", "sample_key")
	s.Slow = in.DurationIn(0, setting.Bounds{Least: time.Microsecond, Most: 30 * 24 * time.Hour, Bare: 10 * time.Second}, "slow") // 50 was meant to be milliseconds
	before := in.Len()
	s.Limit = in.Float(0, 0, math.MaxFloat64, "limit")
	if in.Has("limit") && s.Limit == 0 && in.Len() == before {
		in.Problem("limit", "0 would let nothing pass; leave it out for no limit, or set rate = 0")
	}
	s.Parent = in.Word(s.Parent, []string{"respect", "ignore"}, "parent")
	s.Scope = in.Word("", sampleScopes(), "scope")
	s.Propagate = in.OptionalBool("propagate")
	s.Dynamic = in.OptionalBool("dynamic")
	s.Rules = d.rules(in, "rules", "sample_rules")
	in.Done()
	for _, alias := range [][]string{{"rate", "sample", "rate"}, {"rules", "rules", "sample_rules"}} {
		if written := in.Name(alias[1:]...); in.Has(written) && written != alias[0] {
			d.SetAlias(setting.Join(in.Path(), alias[0]), setting.Join(in.Path(), written))
		}
	}
	d.sampleInSetting(t.At("setting", own), own, in.Path(), &s)
	if s.Scope == "trace" && s.Key != "trace_id" {
		in.Problem("scope", "whole traces need key = \"trace_id\", which decides alike about all spans of a trace; it is %q", s.Key)
	}
	return s
}

// sampleInSetting reads error, key and rules, and their long names, from setting, where they
// win over the sample table. What is no sampling value is left for the driver: setting.key
// may be a file.
func (d *decoder) sampleInSetting(t *setting.Table, own map[string]any, sample string, s *Sample) {
	take := func(name, documented string) {
		d.SetAlias(setting.Join(sample, documented), setting.Join(t.Path(), name))
		delete(own, name)
	}
	for _, name := range []string{"sample_error", "error"} {
		if b, ok := setting.Bool(own[name]); ok {
			s.Error = b
			take(name, "error")
		}
	}
	for _, name := range []string{"sample_key", "key"} {
		text, _ := own[name].(string)
		if word := strings.ToLower(strings.TrimSpace(text)); slices.Contains(sampleKeys(), word) {
			s.Key = word
			take(name, "key")
		}
	}
	for _, name := range []string{"sample_rules", "rules"} {
		if isListOfTables(own[name]) {
			s.Rules = d.rules(t, name)
			take(name, "rules")
		}
	}
}

// sampleScopes are the words for what is kept or left out as one.
func sampleScopes() []string { return []string{"span", "trace"} }

// sampleKeys are the words for what the randomness of a decision comes from.
func sampleKeys() []string { return []string{"trace_id", "span_id", "trace_span", "counter"} }
