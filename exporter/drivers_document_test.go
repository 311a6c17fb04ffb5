package exporter_test

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/console"
	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/exporter/greptime"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/exporter/none"
	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/exporter/page"
	"github.com/tracehook/tracehook/exporter/stdout"
	"github.com/tracehook/tracehook/exporter/yaml"
	"github.com/tracehook/tracehook/otelbridge"
	"github.com/tracehook/tracehook/setting"
)

// documented are the sections of docs/drivers.md with a table of keys, and whose keys these
// are. Nothing can be set where a driver has no keys.
func documented() map[string]struct {
	driver exporter.Driver
	table  string
} {
	return map[string]struct {
		driver exporter.Driver
		table  string
	}{
		"Keys of console": {console.Driver(), "setting"}, "Keys of stdout": {stdout.Driver(), "setting"},
		"Keys of file": {file.Driver(), "setting"}, "Keys of otlp": {otlp.Driver(), "setting"},
		"Keys of greptime": {greptime.Driver(), "setting"}, "Keys of memory": {memory.Driver(), "setting"},
		"Keys of page":    {page.Driver(), "setting"},
		"Keys of `retry`": {otlp.Driver(), "retry"}, "Keys of `spool`": {otlp.Driver(), "spool"},
	}
}

// known returns the keys that a driver reads in one of its tables.
func known(t *testing.T, d exporter.Driver, table string) []setting.Key {
	t.Helper()
	var keys []setting.Key
	s := exporter.Settings{Connection: "c", Path: "trace.c", Spool: map[string]any{"dir": t.TempDir()}}
	s.Source = setting.NewRecorder(func(at string, key setting.Key) {
		same := slices.ContainsFunc(keys, func(k setting.Key) bool { return slices.Contains(key.Names, k.Names[0]) })
		if at == "trace.c."+table && !same {
			keys = append(keys, key)
		}
	})
	if err := d.Check(s); err != nil {
		t.Fatal(err)
	}
	return keys
}

// standard writes a default as docs/drivers.md does; ok is false if the code doesn't say it at
// this place.
func standard(key setting.Key) (text string, ok bool) {
	switch value := key.Default.(type) {
	case bool:
		return strconv.FormatBool(value), true
	case string:
		return fmt.Sprintf("%q", value), value != ""
	case float64:
		return fmt.Sprint(value), value != 0
	case int64:
		if key.Type == "integer" {
			return strconv.FormatInt(value, 10), value != 0
		}
		if value%(1<<20) != 0 {
			return fmt.Sprintf(`"%dKB"`, value>>10), true
		}
		return fmt.Sprintf(`"%dMB"`, value>>20), value != 0
	case time.Duration:
		text := value.String()
		for _, zero := range []string{"m0s", "h0m"} {
			if strings.HasSuffix(text, zero) {
				text = strings.TrimSuffix(text, zero[1:])
			}
		}
		return fmt.Sprintf("%q", text), value != 0
	}
	return "", false
}

// rows returns the cells of the table in a section of docs/drivers.md.
func rows(t *testing.T, doc, heading string) [][]string {
	t.Helper()
	_, section, found := strings.Cut(doc, "### "+heading+"\n")
	if !found {
		t.Errorf("no section %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n#")
	var all [][]string
	for line := range strings.SplitSeq(section, "\n") {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if len(cells) == 4 && cells[0] != "key" {
			all = append(all, cells)
		}
	}
	return all
}

func driversDocument(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile("../docs/drivers.md")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(content), "\r\n", "\n")
}

// docs/drivers.md has every key that a driver reads, by all its names, with its type, its
// default and the words that it may be, and no other.
func TestDriversDocument(t *testing.T) {
	t.Parallel()
	doc := driversDocument(t)
	for heading, of := range documented() {
		keys := known(t, of.driver, of.table)
		if len(keys) == 0 {
			t.Errorf("%s: the driver names no keys", heading)
		}
		want := make(map[string]setting.Key)
		for _, key := range keys {
			want["`"+strings.Join(key.Names, "`, `")+"`"] = key
		}
		var got []string
		for _, cells := range rows(t, doc, heading) {
			got = append(got, cells[0])
			key, ok := want[cells[0]]
			if !ok {
				continue // the comparison below says so
			}
			if key.Type != "" && key.Type != cells[1] {
				t.Errorf("%s: %s is documented as %q, and read as %q", heading, cells[0], cells[1], key.Type)
			}
			if text, ok := standard(key); ok && strings.ReplaceAll(cells[2], "`", "") != text {
				t.Errorf("%s: the default of %s is documented as %s, and is %s", heading, cells[0], cells[2], text)
			}
			for _, word := range key.Words {
				if !strings.Contains(cells[3], "`\""+word+"\"`") {
					t.Errorf("%s: the meaning of %s doesn't mention %q", heading, cells[0], word)
				}
			}
			if len(cells[2]) == 0 || len(cells[3]) < 5 {
				t.Errorf("%s: %s has no default or no meaning", heading, cells[0])
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), got); diff != "" {
			t.Errorf("%s (-keys that are read +keys that are documented):\n%s", heading, diff)
		}
	}
}

// Tables that docs/drivers.md has once are the same for all drivers that they are said to be
// for, and no driver is left out.
func TestDriversDocument_sharedTables(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"spool", "retry"} {
		want, got := known(t, otlp.Driver(), table), known(t, greptime.Driver(), table)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-otlp +greptime):\n%s", table, diff)
		}
	}
	if diff := cmp.Diff(known(t, file.Driver(), "setting"), known(t, yaml.Driver(), "setting")); diff != "" {
		t.Errorf("setting (-file +yaml):\n%s", diff)
	}
	if keys := known(t, none.Driver(), "setting"); len(keys) > 0 {
		t.Errorf("none has keys: %v", keys)
	}
	doc := driversDocument(t)
	cfg, err := config.Parse([]byte("[trace]\ndriver = 'no such driver'\n"), "toml", config.WithEnviron(func() []string { return nil }))
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(fmt.Sprint(otelbridge.Check(cfg)), "known: ")
	list, _, _ = strings.Cut(list, ";")
	if !strings.Contains(list, "greptime") {
		t.Fatalf("the built-in drivers are %q", list)
	}
	for name := range strings.SplitSeq(list, ", ") {
		if !strings.Contains(doc, "\n## "+name+"\n") && !strings.Contains(doc, "\n## "+name+", ") && !strings.Contains(doc, ", "+name+"\n") {
			t.Errorf("docs/drivers.md has no section for %s", name)
		}
	}
}

// Every example of docs/drivers.md is a configuration that Bridge.New would take.
func TestDriversDocument_examples(t *testing.T) {
	t.Parallel()
	parts := strings.Split(driversDocument(t), "```toml\n")[1:]
	if len(parts) < 4 {
		t.Fatalf("%d examples", len(parts))
	}
	for _, part := range parts {
		example, _, _ := strings.Cut(part, "```")
		example = strings.ReplaceAll(example, `"/var/`, `"`+t.TempDir()+`/`)
		cfg, err := config.Parse([]byte(example), "toml", config.WithEnviron(func() []string { return []string{"TOKEN=t", "PASSWORD=p"} }))
		if err == nil {
			err = otelbridge.Check(cfg)
		}
		if err != nil {
			t.Errorf("%v in the example\n%s", err, example)
		}
	}
}

// Defaults that no key's reading shows.
func TestDriversDocument_defaults(t *testing.T) {
	t.Parallel()
	o, err := greptime.FromSettings(exporter.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(o.URL)
	if err != nil {
		t.Fatal(err)
	}
	doc := driversDocument(t)
	want := map[string]string{"`port`": address.Port() + ", or 4001 for rows"}
	for _, cells := range rows(t, doc, "Keys of greptime") {
		if standard, ok := want[cells[0]]; ok && standard != cells[2] {
			t.Errorf("the default of %s is documented as %s, and is %s", cells[0], cells[2], standard)
		}
	}
	// A wait is drawn from the upper half of its step.
	for name, failures := range map[string]int{"`initial`": 1, "`max`": 100} {
		for _, cells := range rows(t, doc, "Keys of `retry`") {
			step, err := time.ParseDuration(strings.Trim(cells[2], "`\""))
			if cells[0] == name && err != nil {
				t.Errorf("the default of %s is %s", name, cells[2])
			}
			if wait := (delivery.Backoff{}).Wait(failures); cells[0] == name && (wait < step/2 || wait > step) {
				t.Errorf("the wait after %d failures is %v; %s is documented as %v", failures, wait, name, step)
			}
		}
	}
}

// A path is relative to the store, so that "store/x.log" would be store/trace/store/x.log.
func TestDocumentsDontNestStores(t *testing.T) {
	t.Parallel()
	documents, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, document := range append(documents, "../README.md") {
		content, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(string(content), "```toml\n")[1:] {
			example, _, _ := strings.Cut(part, "```")
			cfg, err := config.Parse([]byte(example), "toml", config.WithEnviron(func() []string { return []string{"TOKEN=t", "PASSWORD=p"} }))
			if err != nil {
				continue // a part of a file; whole ones are tested above and beside their package
			}
			for _, c := range cfg.Connections {
				if c.Driver != "file" {
					continue
				}
				files++
				for _, claim := range file.Driver().Claims(exporter.Settings{Setting: c.Setting}) {
					if strings.Count(claim, "/store") > 1 {
						t.Errorf("%s: connection %s writes to %s", document, c.Name, claim)
					}
				}
			}
		}
	}
	if files < 4 {
		t.Errorf("%d connections with files are documented, want some more", files)
	}
}
