package otelbridge_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/greptime"
	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/exporter/spool"
	"github.com/tracehook/tracehook/otelbridge"
)

// ruleKey is a key of one table of the configuration, with what else its connection needs.
type ruleKey struct {
	driver string
	path   string                                     // below [trace.a]; with a leading dot, below the top
	good   [][]any                                    // each list means the same
	get    func(config.Config, exporter.Settings) any // what it means; nil if nobody outside can tell
	bad    map[string]any                             // what the message must contain -> value
}

// spellings are values of one meaning. Every table accepts all of them.
func durations(second any) [][]any {
	return [][]any{{second, 1, "1", "1000ms", 1.0, " 1s "}, {"1d", "24h", 86400, "86400"}, {0.5, "500ms", "0.5"}}
}

// ages are durations that a bare number of days could be taken for, if it were small.
func ages() [][]any {
	return [][]any{{"1h", 3600, "3600", "60m", 3600.0, " 1h "}, {"1d", "24h", 86400, "86400"}, {0.5, "500ms", "0.5"}}
}

func bools() [][]any { return [][]any{{true, "true", "TRUE", " True "}, {false, "false", "False"}} }

func words(word string) [][]any {
	return [][]any{{word, strings.ToUpper(word), strings.ToUpper(word[:1]) + word[1:], " " + word + " "}}
}

func sizes() [][]any {
	return [][]any{{8192, "8192", "8KB", "8kb", "8 K", "8192B"}, {"1.5M", "1536KB"}}
}

func notWord() map[string]any {
	return map[string]any{"is not one of ": "nonsense", "must be one of ": 5}
}

func notBool() map[string]any {
	return map[string]any{"must be true or false, not text": "maybe", "must be true or false, not a whole number": 5}
}

func notDuration() map[string]any {
	return map[string]any{`is not a duration such as "200ms" or "7d", or a number of seconds`: "soon", "is negative": "-1s"}
}

func ruleKeys() []ruleKey {
	first := func(get func(config.Connection) any) func(config.Config, exporter.Settings) any {
		return func(cfg config.Config, _ exporter.Settings) any { return get(cfg.Connections[0]) }
	}
	toOTLP := func(get func(otlp.Options) any) func(config.Config, exporter.Settings) any {
		return func(_ config.Config, s exporter.Settings) any {
			o, err := otlp.FromSettings(s)
			return []any{get(o), err}
		}
	}
	toGreptime := func(get func(greptime.Options) any) func(config.Config, exporter.Settings) any {
		return func(_ config.Config, s exporter.Settings) any {
			o, err := greptime.FromSettings(s)
			return []any{get(o), err}
		}
	}
	toSpool := func(get func(*spool.Options) any) func(config.Config, exporter.Settings) any {
		return func(_ config.Config, s exporter.Settings) any {
			o, err := spool.FromSettings(s)
			return []any{get(o), err}
		}
	}
	notList := map[string]any{"must be a list": 5}
	notSize := map[string]any{`is not a size such as "100MB", or a number of bytes`: "big", "is too small": "-1"}
	notText := map[string]any{"must be text in quotes, not a whole number": 5}
	notInteger := map[string]any{" is not a whole number": "many", "1.5 is not a whole number": 1.5, "is too small": -5}
	notNumber := map[string]any{" is not a number": "many"}
	wordOrDuration := append(words("never"), []any{"2s", 2, "2", "2000ms"}, []any{"1d", "24h"})
	notWordOrDuration := map[string]any{`is not one of never, batch, or a duration such as "1s"`: "soon"}
	return []ruleKey{
		{"", "overflow", words("drop"), first(func(c config.Connection) any { return c.Overflow }), notWord()},
		{"", "sample.parent", words("ignore"), first(func(c config.Connection) any { return c.Sample.Parent }), notWord()},
		{"", "sample.key", words("span_id"), first(func(c config.Connection) any { return c.Sample.Key }), notWord()},
		{"file", "setting.encoding", words("text"), nil, notWord()},
		{"file", "setting.slice", words("day"), nil, notWord()},
		{"otlp", "setting.protocol", words("grpc"), toOTLP(func(o otlp.Options) any { return o.GRPC }), notWord()},
		{"otlp", "setting.compression", words("gzip"), toOTLP(func(o otlp.Options) any { return o.Gzip }), notWord()},
		{"greptime", "setting.compression", words("none"), toGreptime(func(o greptime.Options) any { return o.Plain }), notWord()},
		{"otlp", "spool.mode", words("always"), toSpool(func(o *spool.Options) any { return o.Mode }), notWord()},

		{"", "json", bools(), first(func(c config.Connection) any { return c.JSON }), notBool()},
		{"", "explain", bools(), first(func(c config.Connection) any { return c.Explain }), notBool()},
		{"", "sample.error", bools(), first(func(c config.Connection) any { return c.Sample.Error }), notBool()},
		{"", "sample.dynamic", bools(), first(func(c config.Connection) any { return *c.Sample.Dynamic }), notBool()},
		{"file", "setting.compress", bools(), nil, notBool()},
		{"stdout", "setting.pretty", bools(), nil, notBool()},
		{"otlp", "setting.insecure", bools(), toOTLP(func(o otlp.Options) any { return o.Insecure }), notBool()},
		{"greptime", "setting.tls", bools(), toGreptime(func(o greptime.Options) any { return o.URL }), notBool()},
		{"otlp", "retry.enabled", bools(), toOTLP(func(o otlp.Options) any { return o.Once }), notBool()},

		{"", "buffer", [][]any{{512, "512", 512.0}}, first(func(c config.Connection) any { return c.Buffer }), notInteger},
		{"file", "setting.maxline", [][]any{{512, "512", 512.0}}, nil, notInteger},
		{"memory", "setting.limit", [][]any{{512, "512", 512.0}}, nil, notInteger},
		{"greptime", "setting.partitions", [][]any{{16, "16", 16.0}}, toGreptime(func(o greptime.Options) any { return o.Partitions }), notInteger},
		{"", ".otel.limits.event_count_limit", [][]any{{512, "512", 512.0}}, func(cfg config.Config, _ exporter.Settings) any { return cfg.OTel.EventCountLimit }, notInteger},

		{"", "sample.rate", [][]any{{0.5, "0.5", " .5 "}}, first(func(c config.Connection) any { return c.Sample.Rate }), notNumber},
		{"", "sample.limit", [][]any{{0.5, "0.5", " .5 "}}, first(func(c config.Connection) any { return c.Sample.Limit }), notNumber},
		{"otlp", "spool.rate", [][]any{{0.5, "0.5", " .5 "}}, toSpool(func(o *spool.Options) any { return o.Rate }), notNumber},

		{"", "timeout", durations("1s"), first(func(c config.Connection) any { return c.Timeout }), notDuration()},
		{"", "sample.slow", durations("1s"), first(func(c config.Connection) any { return c.Sample.Slow }), notDuration()},
		{"file", "setting.maxage", ages(), nil, notDuration()},
		{"otlp", "setting.timeout", durations("1s"), toOTLP(func(o otlp.Options) any { return o.Timeout }), notDuration()},
		{"greptime", "setting.timeout", durations("1s"), toGreptime(func(o greptime.Options) any { return o.Timeout }), notDuration()},
		{"otlp", "spool.max_age", ages(), toSpool(func(o *spool.Options) any { return o.MaxAge }), notDuration()},
		{"otlp", "retry.initial", durations("1s"), toOTLP(func(o otlp.Options) any { return o.Backoff.Initial }), notDuration()},
		{"file", "setting.fsync", wordOrDuration, nil, notWordOrDuration},
		{"otlp", "spool.fsync", wordOrDuration, toSpool(func(o *spool.Options) any { return o.Sync }), notWordOrDuration},

		{"file", "setting.maxsize", sizes(), nil, notSize},
		{"otlp", "spool.max_bytes", sizes(), toSpool(func(o *spool.Options) any { return o.MaxBytes }), notSize},

		{"", "fields", [][]any{{[]string{"name"}, "name"}}, first(func(c config.Connection) any { return c.Fields }), notList},
		{"", ".otel.propagators", [][]any{{[]string{"baggage"}, "baggage"}}, func(cfg config.Config, _ exporter.Settings) any { return cfg.OTel.Propagators }, notList},

		{"", "flag", [][]any{{"x"}}, first(func(c config.Connection) any { return c.Flag }), notText},
		{"file", "setting.store", [][]any{{"/tmp/x"}}, nil, notText},
		{"otlp", "setting.url", [][]any{{"http://127.0.0.1:1"}}, toOTLP(func(o otlp.Options) any { return o.URL }), notText},
		{"", ".otel.service", [][]any{{"x"}}, func(cfg config.Config, _ exporter.Settings) any { return cfg.OTel.Service }, notText},
	}
}

// written is a document that sets one key, and where the key stands.
type written struct {
	format, text string
	environ      []string
	path         string // of the key
	place        config.Place
}

// write returns the documents of a key that is set to value: in each format as it is and from
// a variable, and from an override.
func (k ruleKey) write(t *testing.T, value any) []written {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if f, ok := value.(float64); ok && f == math.Trunc(f) {
		encoded = fmt.Appendf(nil, "%.1f", f)
	}
	text := strings.Trim(string(encoded), `"`)
	if list, ok := value.([]string); ok {
		text = strings.Join(list, ", ")
	}
	path, isTop := strings.CutPrefix(k.path, ".")
	if !isTop {
		path = "trace.a." + path
	}
	var all []written
	for _, format := range []string{"toml", "yaml", "json"} {
		all = append(all,
			k.document(t, format, path, string(encoded), nil),
			k.document(t, format, path, `"${V}"`, []string{"V=" + text}))
	}
	variable := "TRACEHOOK_" + strings.ToUpper(strings.ReplaceAll(path, ".", "__"))
	override := k.document(t, "toml", "", "", []string{variable + "=" + text})
	override.path, override.place = path, config.Place{File: variable}
	return append(all, override)
}

// document returns a document in which path has a value as it stands in the file, beside what
// the connection needs to be valid.
func (k ruleKey) document(t *testing.T, format, path, value string, environ []string) written {
	t.Helper()
	dir := filepath.ToSlash(t.TempDir())
	values := map[string]string{"trace.a.driver": fmt.Sprintf("%q", cmp.Or(k.driver, "default"))}
	if k.driver == "file" && k.path != "setting.store" {
		values["trace.a.setting.path"] = fmt.Sprintf("%q", dir+"/x.log")
	}
	if strings.HasPrefix(k.path, "spool.") {
		values["trace.a.spool.dir"] = fmt.Sprintf("%q", dir)
	}
	if path != "" {
		values[path] = value
	}
	quote, is, before, after, between := "", " = ", "", "\n", "\n"
	switch format {
	case "yaml":
		is = ": "
	case "json":
		quote, is, before, after, between = `"`, " : ", "{\n", "}\n", ",\n"
	}
	offset := 0
	b := bytes.NewBufferString(before)
	var table func(above, between string)
	table = func(above, between string) {
		separator, last := "", ""
		for _, at := range slices.Sorted(maps.Keys(values)) {
			rest, ok := strings.CutPrefix(at, above)
			name, _, isTable := strings.Cut(rest, ".")
			if !ok || name == last {
				continue
			}
			last = name
			b.WriteString(separator)
			separator = between
			if at == path && !isTable {
				offset = b.Len()
			}
			b.WriteString(quote + name + quote + is)
			if !isTable {
				b.WriteString(values[at])
				continue
			}
			b.WriteByte('{')
			table(above+name+".", ", ")
			b.WriteByte('}')
		}
	}
	table("", between)
	b.WriteString(after)
	start := string(b.Bytes()[:offset])
	return written{
		format: format, text: b.String(), environ: environ, path: path,
		place: config.Place{File: "f", Line: 1 + strings.Count(start, "\n"), Column: len(start) - strings.LastIndexByte(start, '\n')},
	}
}

// load returns what the document means to whoever reads the key.
func (w written) load(get func(config.Config, exporter.Settings) any) (any, error) {
	cfg, err := config.Parse([]byte(w.text), w.format, config.WithFile("f"), config.WithEnviron(func() []string { return w.environ }))
	if err == nil {
		err = otelbridge.Check(cfg)
	}
	if err != nil || get == nil {
		return nil, err
	}
	c := cfg.Connections[0]
	return get(cfg, exporter.Settings{Connection: c.Name, Driver: c.Driver, Setting: c.Setting, Spool: c.Spool, Retry: c.Retry}), nil
}

// One file has one rule: a value is written the same way in each table, in each format and in
// the environment, and a mistake is reported in the same words and at its place.
func TestOneFileOneRule(t *testing.T) {
	t.Parallel()
	for _, key := range ruleKeys() {
		t.Run(key.driver+":"+key.path, func(t *testing.T) {
			t.Parallel()
			for _, same := range key.good {
				var want any
				for i, value := range same {
					for j, w := range key.write(t, value) {
						got, err := w.load(key.get)
						if i == 0 && j == 0 {
							want = got
						}
						if err != nil || !reflect.DeepEqual(want, got) {
							t.Errorf("%v means %v, %v, want %v, in %s %v\n%s", value, got, err, want, w.format, w.environ, w.text)
						}
					}
				}
			}
			for message, value := range key.bad {
				for _, w := range key.write(t, value) {
					if _, isText := value.(string); !isText && w.environ != nil {
						continue // a variable holds text, whatever it looks like
					}
					_, err := w.load(nil)
					problems, _ := errors.AsType[config.Problems](err)
					if len(problems) == 0 {
						t.Errorf("%v is accepted in %s %v\n%s", value, w.format, w.environ, w.text)
						continue
					}
					p := problems[0]
					place := config.Place{File: p.File, Line: p.Line, Column: p.Column}
					if place != w.place || p.Path != w.path || !strings.Contains(p.Message, message) {
						t.Errorf("problem %v, want one of %s at %v with %q, in %s %v\n%s", err, w.path, w.place, message, w.format, w.environ, w.text)
					}
				}
			}
		})
	}
}
