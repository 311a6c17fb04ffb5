package config_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tracehook/tracehook/config"
)

// Places point at the key, in characters, in every way that a format has to write one.
func TestConfig_Place(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		format, text string
		want         map[string]string
	}{
		{"toml", "\ufeff" + strings.Join([]string{
			`trace.a.driver = "file" # dotted`,
			`[trace."x.y"]`,
			`  "driver" = 'file'`,
			`  fields = { "名" = "n", name = "m" }`,
			`  sample.rate = 0.5`,
			`  sample.rules = [`,
			`    # a comment`,
			`    { name = "é", sample = 1 },`,
			`    { sample = 0 }, {},`,
			`  ]`,
			`[trace.b]`,
			`setting = { list = [[1, 2], [ 3 ]] }`,
			`[[trace.b.sample.rules]]`,
			`name = "x"`,
			`[[trace.b.sample.rules]]`,
			`[trace.b.sample.rules.attrs]`,
			`vip = true`,
		}, "\n"), map[string]string{
			"trace":                              "1:1",
			"trace.a":                            "1:7",
			"trace.a.driver":                     "1:9",
			"trace.a.buffer":                     "1:7", // not written: where the table is
			`trace."x.y"`:                        "2:8",
			`trace."x.y".driver`:                 "3:3",
			`trace."x.y".fields.name`:            "4:25",
			`trace."x.y".sample.rules[0].sample`: "8:19",
			`trace."x.y".sample.rules[1]`:        "9:5",
			`trace."x.y".sample.rules[1].name`:   "9:5",
			`trace."x.y".sample.rules[9]`:        "6:10",
			"trace.b.setting.list[1]":            "12:29",
			"trace.b.setting.list[1][0]":         "12:31",
			"trace.b.sample.rules[0].name":       "14:1",
			"trace.b.sample.rules[1].attrs.vip":  "17:1",
			"otel.service":                       "0:0",
		}},
		{"yaml", "trace:\n  a: {driver: file, sample: {rules: [{name: é, sample: 1}]}}\n  \"x.y\":\n    setting:\n      - 1\n", nil},
		{"yaml", "trace:\n  a: {driver: file, sample: {rules: [{name: é, sample: 1}]}}\n  \"x.y\":\n    setting: &s\n      host: h\n  z:\n    setting: *s\n", map[string]string{
			"trace.a.driver":                 "2:7",
			"trace.a.sample.rules[0]":        "2:38",
			"trace.a.sample.rules[0].sample": "2:48",
			`trace."x.y".setting.host`:       "5:7",
			"trace.z.setting.host":           "7:5", // behind an alias
		}},
		{"json", "{\"trace\":\n {\"a\": {\"sample\" : {\"rules\": [ {\"name\": \"\\u00e9\"},\n {\"名\\\"\": 1}]}}}}", nil},
		{"json", "{\"trace\":\n {\"a\": {\"sample\" : {\"rules\": [ {\"name\": \"\\u00e9\"},\n {\"sample\": 1}]}}}}", map[string]string{
			"trace":                          "1:2",
			"trace.a":                        "2:3",
			"trace.a.sample":                 "2:9",
			"trace.a.sample.rules[0]":        "2:32",
			"trace.a.sample.rules[1].sample": "3:3",
		}},
	} {
		cfg, err := config.Parse([]byte(tt.text), tt.format, bare(), config.WithFile("f"))
		if (err != nil) != (tt.want == nil) {
			t.Fatalf("%s: error %v", tt.format, err)
		}
		for path, want := range tt.want {
			place := cfg.Place(path)
			if got := fmt.Sprintf("%d:%d", place.Line, place.Column); got != want || place.File != "f" {
				t.Errorf("%s: Place(%q) = %s in %q, want %s in f", tt.format, path, got, place.File, want)
			}
		}
	}
}

func TestConfig_NewProblem(t *testing.T) {
	t.Parallel()
	cfg := parse(t, "[trace.a]\nfields = ['nam']\nsample = 0.5\n[trace]\nsetting = { x = 1 }\n")
	for _, tt := range []struct{ connection, key, want string }{
		{"a", "fields.nam", "x.toml:2:11: trace.a.fields[0]: m"},
		{"a", "sample.rate", "x.toml:3:1: trace.a.sample: m"},
		{"a", "sample.rules[0]", "x.toml:3:1: trace.a.sample.rules[0]: m"},
		{"default", "setting.x", "x.toml:5:13: trace.setting.x: m"},
		{"nobody", "[0]", "x.toml:1:2: trace.nobody[0]: m"},
	} {
		if got := cfg.NewProblem(cfg.KeyPath(tt.connection, tt.key), "m").Error(); got != tt.want {
			t.Errorf("problem of %s %s = %q, want %q", tt.connection, tt.key, got, tt.want)
		}
	}
	var zero config.Config
	if got := zero.NewProblem(zero.KeyPath("a b", "driver"), "m").Error(); got != `trace."a b".driver: m` {
		t.Errorf("problem of a zero Config = %q", got)
	}
	if zero.FromEnvironment("x") != "" || zero.Environ("x") != nil {
		t.Error("a zero Config knows an environment")
	}
	all := config.Problems{cfg.NewProblem("trace.default", "2"), {File: "VAR", Message: "3"}, cfg.NewProblem("trace.a", "1")}
	all.Sort()
	if got := all.Error(); got != "x.toml:1:2: trace.default: 2\nx.toml:1:8: trace.a: 1\nVAR: 3" {
		t.Errorf("sorted problems:\n%s", got)
	}
}

// Whatever somebody names by mistake, it is refused, and at once.
func TestParse_large(t *testing.T) {
	t.Parallel()
	const size = 10 << 20
	for name, tt := range map[string]struct{ format, text, want string }{
		"too large":              {"toml", strings.Repeat("#", size+1), "larger than 10 MiB"},
		"one line of JSON":       {"json", `{"trace":{` + strings.Repeat(`"a":1,`, 10_000) + `"b":1}}`, "is there twice"},
		"many unknown keys":      {"toml", "[trace]\n" + lines(3_000, "k%d = 1\n"), "and 900 more"},
		"too many keys":          {"json", "[" + strings.Repeat("1,", 30_000) + "1]", "must be a table"},
		"too many values":        {"json", `{"a":[` + strings.Repeat("1,", 30_000) + "1]}", "more than 20000 keys"},
		"many tables":            {"toml", lines(3_000, "[trace.t%d.x]\n"), "unknown key"},
		"deep TOML":              {"toml", "trace = " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "more than 32 levels"},
		"deep TOML keys":         {"toml", "trace" + strings.Repeat(".a", 5000) + " = 1", "more than 32 levels"},
		"deep TOML table":        {"toml", "[trace" + strings.Repeat(".a", 5000) + "]", "more than 32 levels"},
		"deep TOML inline":       {"toml", "trace = " + strings.Repeat("{a=", 5000) + "1" + strings.Repeat("}", 5000), "more than 32 levels"},
		"deep YAML":              {"yaml", "trace: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "more than 32 levels"},
		"deep JSON":              {"json", `{"trace": ` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}", "more than 32 levels"},
		"YAML that laughs":       {"yaml", laughs(), "excessive aliasing"},
		"YAML that holds itself": {"yaml", "trace: &a {b: *a}", "contains itself"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, err := config.Parse([]byte(tt.text), tt.format, bare())
			contains(t, err, tt.want)
			if took := time.Since(start); took > patience {
				t.Errorf("took %v", took)
			}
		})
	}
}

func lines(n int, format string) string {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func laughs() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n")
	for i := 1; i < 9; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	b.WriteString("trace: {setting: {x: *a8}}\n")
	return b.String()
}

// The parser names the line of the table around an error, if any, and never a column.
func TestParse_yamlErrorPlace(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("  k: {a: [1,\n  2], b: 'x\n    y'}\n", 50)
	for _, tt := range []struct{ name, give, want string }{
		{"no colon", "trace:\n  a:\n    driver: file\n   json true\n", "x.yaml:4:4: "},
		{"a word among keys", "trace:\n  a: 1\nproject\n", "x.yaml:3:1: "},
		{"wrong indentation", "trace:\n  a:\n    driver: file\n   json: true\n", "x.yaml:4:4: "},
		{"a tab", "trace:\n  a:\n\tdriver: file\n", "x.yaml:3:1: "},
		{"two colons", "trace:\n  a: b: c\n", "x.yaml:2:7: "},
		{"a list that is not closed", "trace:\n  a:\n    fields: [x, y\n    json: true\n", "x.yaml:3:14: "},
		{"a table that is closed as a list", "trace:\n  a: {b: 1]\n", "x.yaml:2:10: "},
		{"a quote that is not closed", "trace:\n  a: 'b\n", "x.yaml:2:6: "},
		{"behind lines that can't end anywhere", "trace:\n" + long + "  é: x: y\n", "x.yaml:152:7: "},
		{"in the second document", "trace:\n---\na: b: c\n", "x.yaml:3:5: "},
		{"at once", "]", "x.yaml:1:1: "},
	} {
		_, err := config.Parse([]byte(tt.give), "yaml", bare(), config.WithFile("x.yaml"))
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want it at %s", tt.name, err, tt.want)
		}
	}
	huge := strings.Repeat("# a comment\n", 30_000) + "trace:\n  a: b: c\n"
	if _, err := config.Parse([]byte(huge), "yaml", bare(), config.WithFile("x.yaml")); err == nil {
		t.Error("a huge document with an error is loaded")
	}
}
