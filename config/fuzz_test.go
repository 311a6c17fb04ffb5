package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tracehook/tracehook/config"
)

// Whatever stands in a file: Parse doesn't panic, what it refuses has a message and, unless
// the whole document is to blame, a key path; and what it accepts keeps the promises of Config.
func FuzzParse(f *testing.F) {
	formats := []string{"toml", "yaml", "json"}
	files, err := filepath.Glob("testdata/*/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if format := slices.Index(formats, strings.TrimPrefix(filepath.Ext(file), ".")); format >= 0 {
			content, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(content, uint8(format), "TRACEHOOK_TRACE__A__SAMPLE__RATE", "0.5")
			f.Add(content, uint8(format), "TRACEHOOK_TRACE__FILE__SETTING__HEADERS", `{"a": [1e400]}`)
		}
	}
	for _, content := range []string{
		"file_format: '1.0'\nresource: {attributes: [{name: a, value: '${SECRET}'}], attributes_list: 'a=b'}\n" +
			"tracer_provider: {processors: [{batch: {schedule_delay: 1, exporter: {otlp_http: {endpoint: 'http://x', headers: [{name: a, value: b}]}}}}],\n" +
			" sampler: {composite/development: {parent_threshold: {root: {rule_based: {rules: [{span_kinds: [server], sampler: {probability: {ratio: 0.1}}}, {sampler: {always_on: }}]}}}}}}\n",
		"file_format: '1.1'\npropagator: {composite: [{b3: }], composite_list: 'b3,x'}\nattribute_limits: {attribute_count_limit: 5}\n" +
			"tracer_provider: {limits: {event_count_limit: 1}, processors: [{simple: {exporter: {console: }}}], sampler: {parent_based: {root: {always_off: }}}}\n",
	} {
		f.Add([]byte(content), uint8(1), "SECRET", "x")
	}
	f.Fuzz(func(t *testing.T, content []byte, number uint8, name, value string) {
		format := formats[int(number)%len(formats)]
		start := time.Now()
		variables := environ(name+"="+value, "SECRET=hunter2")
		cfg, err := config.Parse(content, format, variables, config.WithFile("f"))
		if took := time.Since(start); took > patience {
			t.Errorf("took %v", took)
		}
		if err != nil {
			problems, ok := errors.AsType[config.Problems](err)
			if !ok || len(problems) == 0 {
				t.Fatalf("the error is %#v, not Problems", err)
			}
			for _, p := range problems {
				if p.Message == "" || p.File == "" {
					t.Errorf("a problem without message or file: %#v", p)
				}
				if p.Line < 0 || p.Column < 0 {
					t.Errorf("a problem at no place: %#v", p)
				}
			}
			return
		}
		again, err := config.Parse(content, format, variables)
		if err != nil || again.Hash() != cfg.Hash() {
			t.Errorf("read again: %v, hash %s, want %s", err, again.Hash(), cfg.Hash())
		}
		names := make(map[string]bool)
		for i, c := range cfg.Connections {
			s := c.Sample
			if c.Name == "" || names[c.Name] || c.Driver == "" || c.Buffer < 1 || c.Batch < 1 || c.Batch > c.Buffer ||
				c.Timeout <= 0 || c.ExportTimeout <= 0 || c.BlockTimeout <= 0 ||
				!(s.Rate >= 0 && s.Rate <= 1) || s.Limit < 0 || s.Slow < 0 || s.Key == "" || s.Parent == "" {
				t.Errorf("connection %d is no configuration: %+v", i, c)
			}
			names[c.Name] = true
			for _, r := range s.Rules {
				if !(r.Sample >= 0 && r.Sample <= 1) {
					t.Errorf("rule %+v is outside 0..1", r)
				}
			}
			if !reflect.DeepEqual(c.Setting, again.Connections[i].Setting) {
				t.Errorf("setting %v differs from %v", c.Setting, again.Connections[i].Setting)
			}
		}
	})
}
