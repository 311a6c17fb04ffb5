package file_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/exportertest"
	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/setting"
)

// keys returns the keys that err blames.
func keys(err error) []string {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var list []string
		for _, e := range joined.Unwrap() {
			list = append(list, keys(e)...)
		}
		return list
	}
	if key, ok := errors.AsType[setting.Problem](err); ok {
		return []string{key.Path}
	}
	return []string{"? " + err.Error()}
}

func TestDriverRefusesBadSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "plain"), "")
	for _, test := range []struct {
		name    string
		setting map[string]any
		key     string
		says    string
	}{
		{"a size without a sense", map[string]any{"maxsize": "10QB"}, "setting.maxsize", `"10QB"`},
		{"no size", map[string]any{"maxsize": int64(0)}, "setting.maxsize", "leave it out"},
		{"a negative size", map[string]any{"maxsize": int64(-1)}, "setting.maxsize", "-1"},
		{"no lines", map[string]any{"maxline": int64(0)}, "setting.maxline", "the least is 1"},
		{"negative files", map[string]any{"maxfiles": int64(-3)}, "setting.maxfiles", "the least is 1"},
		{"no age", map[string]any{"maxage": "0s"}, "setting.maxage", "leave it out"},
		{"half a day", map[string]any{"maxage": "0.5d"}, "setting.maxage", `"0.5d"`},
		{"an unknown encoding", map[string]any{"encoding": "xml"}, "setting.encoding", "otlp"},
		{"an unknown slice", map[string]any{"slice": "week"}, "setting.slice", "day"},
		{"an unknown sync", map[string]any{"fsync": "often"}, "setting.fsync", "batch"},
		{"a negative sync", map[string]any{"fsync": "-1s"}, "setting.fsync", "is negative"},
		{"a mode that isn't octal", map[string]any{"mode": "0900"}, "setting.mode", "0600"},
		{"a mode that locks us out", map[string]any{"mode": "0444"}, "setting.mode", "0600"},
		{"a number as a mode", map[string]any{"mode": int64(600)}, "setting.mode", "quotes"},
		{"compress as text", map[string]any{"compress": "gzip"}, "setting.compress", "true or false"},
		{"a misspelled key", map[string]any{"maxsise": "1MB"}, "setting.maxsise", "maxsize"},
		{"a path that climbs", map[string]any{"file": "../trace.log"}, "setting.file", "absolute"},
		{"a store that climbs", map[string]any{"store": "logs/../../x"}, "setting.store", "absolute"},
		{"a home as the store", map[string]any{"store": "~/traces"}, "setting.store", "no shell"},
		{"a path in a home", map[string]any{"path": "~/trace.log"}, "setting.path", "no shell"},
		{"a directory", map[string]any{"path": dir}, "setting.path", "directory"},
		{"a path with a slash at the end", map[string]any{"path": dir + "/"}, "setting.path", "directory"},
		{"a file as a directory", map[string]any{"path": filepath.Join(dir, "plain", "trace.log")}, "setting.path", "not a directory"},
		{"a device", map[string]any{"path": "/dev/null"}, "setting.path", "device"},
		{"a long name", map[string]any{"path": filepath.Join(dir, strings.Repeat("x", 230))}, "setting.path", "230 bytes"},
		{"a long path", map[string]any{"path": "/" + strings.Repeat("x/", 3000) + "y"}, "setting.path", "6002 bytes"},
		{"an empty path", map[string]any{"output": " "}, "setting.output", "empty"},
		{"a zero byte", map[string]any{"output": "a\x00b"}, "setting.output", "zero byte"},
		{"a name of ours", map[string]any{"output": "trace.lock"}, "setting.output", ".lock"},
		{"a store in a file", map[string]any{"store": filepath.Join(dir, "plain")}, "setting.store", "not a directory"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := file.Driver().Check(exporter.Settings{Setting: test.setting})
			if got := keys(err); !slices.Equal(got, []string{test.key}) || !strings.Contains(err.Error(), test.says) {
				t.Fatalf("err = %v, want %s only, and %q", err, test.key, test.says)
			}
			if strings.Contains(err.Error(), "stat ") {
				t.Errorf("err = %v: the name of a system call tells nobody what to do", err)
			}
			e, err := file.Driver().New(t.Context(), exporter.Settings{Setting: test.setting})
			if err == nil {
				t.Error("New took what Check refused")
				_ = e.Shutdown(t.Context())
			}
		})
	}
}

func TestDriverRefusesUnwritablePlaces(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "locked")
	if err := os.Mkdir(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Create(filepath.Join(dir, "probe")); err == nil {
		_ = f.Close()
		t.Skip("this user may write everywhere: the case can't be made")
	}
	err := file.Driver().Check(exporter.Settings{Setting: map[string]any{"path": filepath.Join(dir, "trace.log")}})
	if got := keys(err); !slices.Equal(got, []string{"setting.path"}) {
		t.Errorf("err = %v", err)
	}
}

func TestDriverRefusesAFormatForTrees(t *testing.T) {
	t.Parallel()
	err := file.Driver().Check(exporter.Settings{Format: "tree", Setting: map[string]any{"store": t.TempDir()}})
	if got := keys(err); !slices.Equal(got, []string{"format"}) {
		t.Errorf("err = %v, want one about the format", err)
	}
}

func TestDriverReportsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	err := file.Driver().Check(exporter.Settings{
		Setting: map[string]any{"maxsize": "x", "slice": "x", "nonsense": 1},
		Fields:  []exporter.FieldMapping{{Source: "trase_id", Target: "tid"}},
	})
	want := []string{"setting.maxsize", "setting.slice", "setting.nonsense", "fields.trase_id"}
	if got := keys(err); !slices.Equal(got, want) {
		t.Errorf("keys = %q, want %q", got, want)
	}
}

func TestDriverSettings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		settings exporter.Settings
		file     string
		starts   string
	}{
		{"the last of output, file and path", exporter.Settings{Setting: map[string]any{
			"output": "a.log", "file": "b.log", "path": "c.log",
		}}, "c.log", "{"},
		{"file before output", exporter.Settings{Setting: map[string]any{"output": "a.log", "file": "b.log"}}, "b.log", "{"},
		{"the default name", exporter.Settings{}, "trace.log", `{"trace_id"`},
		{"text by format", exporter.Settings{Format: "<%name%>"}, "trace.log", "<span-0>\n"},
		{"json beats format", exporter.Settings{Format: "<%name%>", JSON: true}, "trace.log", "{"},
		{"otlp", exporter.Settings{Setting: map[string]any{"encoding": "OTLP"}}, "trace.log", `{"resourceSpans"`},
		{"yaml", exporter.Settings{Setting: map[string]any{"encoding": "yaml"}}, "trace.log", "---\n"},
		{"fields", exporter.Settings{Fields: []exporter.FieldMapping{{Source: "name", Target: "op"}}}, "trace.log", `{"op":"span-0"}`},
		{"everything", exporter.Settings{Setting: map[string]any{
			"maxsize": "1.5k", "maxline": int64(5), "slice": "H", "compress": true, "maxage": "7d", "maxfiles": int64(3),
			"fsync": "20ms", "mode": "0o644", "shared": true,
		}}, "trace.log", "{"},
		{"numbers of another format", exporter.Settings{Setting: map[string]any{
			"maxsize": 1e6, "maxline": 5.0, "maxage": 3600.0, "maxfiles": "3", "fsync": "batch",
		}}, "trace.log", "{"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			setting := map[string]any{"store": filepath.Join(dir, "store")}
			maps.Copy(setting, test.settings.Setting)
			test.settings.Setting = setting
			if err := file.Driver().Check(test.settings); err != nil {
				t.Fatalf("Check: %v", err)
			}
			if _, err := os.Stat(filepath.Join(dir, "store")); err == nil {
				t.Error("Check made the store")
			}
			e, err := file.Driver().New(t.Context(), test.settings)
			if err != nil {
				t.Fatalf("New: %v", err)
			}
			if err := e.ExportSpans(t.Context(), spans(0, 1)); err != nil {
				t.Fatal(err)
			}
			if err := e.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := read(t, filepath.Join(dir, "store", test.file)); !strings.HasPrefix(got, test.starts) {
				t.Errorf("file = %q, want it to start with %q", got, test.starts)
			}
		})
	}
}

func TestDriverClaims(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "real"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "real"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	claims := func(values map[string]any) []string {
		return file.Driver().Claims(exporter.Settings{Setting: values})
	}
	one := claims(map[string]any{"store": filepath.Join(dir, "real")})
	two := claims(map[string]any{"path": filepath.Join(dir, "link", ".", "trace.log")})
	if len(one) != 1 || !strings.HasPrefix(one[0], "file:/") || !slices.Equal(one, two) {
		t.Errorf("claims = %q and %q, want the same file", one, two)
	}
	if got := claims(map[string]any{"shared": true}); got != nil {
		t.Errorf("claims of a shared file = %q, want none", got)
	}
}

// A link to the file is the file, also before it is written for the first time.
func TestDriverClaimsBehindLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, target := range map[string]string{
		"a.log": "real/trace.log", "b.log": "a.log", "real/c.log": filepath.Join(dir, "b.log"), "loop.log": "loop.log",
	} {
		if err := os.MkdirAll(filepath.Join(dir, "real"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	claims := func(name string) []string {
		return file.Driver().Claims(exporter.Settings{Setting: map[string]any{"path": filepath.Join(dir, name)}})
	}
	same := func() {
		t.Helper()
		want := claims("real/trace.log")
		for _, name := range []string{"a.log", "b.log", "real/c.log"} {
			if got := claims(name); !slices.Equal(got, want) {
				t.Errorf("%s claims %q, want %q", name, got, want)
			}
		}
		if got := claims("real/other.log"); slices.Equal(got, want) {
			t.Errorf("another file claims %q too", got)
		}
	}
	same()
	if err := os.WriteFile(filepath.Join(dir, "real/trace.log"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	same()
	if got := claims("loop.log"); len(got) != 1 {
		t.Errorf("a link to itself claims %q, want one name", got)
	}
}

func TestOptionsRefuseNonsense(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.log")
	for name, opt := range map[string]file.Option{
		"size": file.WithMaxSize(0), "lines": file.WithMaxLines(-1), "files": file.WithMaxFiles(-1), "age": file.WithMaxAge(-1),
		"slice": file.WithSlice(99), "mode": file.WithMode(0o1777), "private": file.WithMode(0o100),
	} {
		if e, err := file.New(path, opt); err == nil {
			t.Errorf("%s: New took it", name)
			shut(t, e)
		} else if !strings.Contains(err.Error(), path) {
			t.Errorf("%s: err = %v, want the path in it", name, err)
		}
	}
	if _, err := file.New("x/"); err == nil {
		t.Error("New took a directory")
	}
	shut(t, open(t, path, file.WithLogger(nil), file.WithEncoder(nil), file.WithSync(file.SyncEvery(-1))))
}

func TestConformance(t *testing.T) {
	t.Parallel()
	path := func(s exporter.Settings) string { return fmt.Sprint(s.Setting["path"]) }
	read := func(tb testing.TB, s exporter.Settings) string {
		tb.Helper()
		data, err := os.ReadFile(path(s))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			tb.Fatal(err)
		}
		return string(data)
	}
	for _, name := range []string{"json", "text", "otlp"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := func(tb testing.TB) exporter.Settings {
				tb.Helper()
				s := exporter.Settings{Setting: map[string]any{"path": filepath.Join(tb.TempDir(), "logs", "trace.log")}}
				switch name {
				case "text":
					s.Format = "%time% %name%"
				case "otlp":
					s.Setting["encoding"] = name
				}
				return s
			}
			subject := exportertest.DriverSubject{Driver: file.Driver(), Settings: settings, Output: read}
			if name == "json" {
				subject.Count = func(tb testing.TB, s exporter.Settings) int { tb.Helper(); return strings.Count(read(tb, s), "\n") }
			}
			exportertest.RunDriver(t, subject)
		})
	}
	// The directory goes away once the file is open, which the settings can't do.
	exportertest.Run(t, exportertest.Subject{
		New: func(tb testing.TB) sdktrace.SpanExporter {
			tb.Helper()
			e, err := file.New(filepath.Join(tb.TempDir(), "trace.log"))
			if err != nil {
				tb.Fatal(err)
			}
			return e
		},
		Failing: func(tb testing.TB) sdktrace.SpanExporter {
			tb.Helper()
			dir := filepath.Join(tb.TempDir(), "logs")
			e, err := file.New(filepath.Join(dir, "trace.log"))
			if err != nil {
				tb.Fatal(err)
			}
			if err := os.RemoveAll(dir); err != nil {
				tb.Fatal(err)
			}
			if err := os.WriteFile(dir, nil, 0o600); err != nil { // a file where the directory was
				tb.Fatal(err)
			}
			return e
		},
	})
}
