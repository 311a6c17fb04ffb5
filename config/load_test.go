package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/config"
)

func TestLoad_unreadable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := func(name, content string) string {
		file := filepath.Join(dir, name)
		write(t, file, content)
		return file
	}
	for name, tt := range map[string]struct{ path, want string }{
		"missing":        {filepath.Join(dir, "none.toml"), "none.toml\": no such file or directory"},
		"a directory":    {dir, "is a directory; name a file in it"},
		"no extension":   {path("trace", ""), `trace: format "" is not known; toml, yaml and json are`},
		"another format": {path("trace.ini", ""), `trace.ini: format ".ini" is not known; toml, yaml and json are`},
		"Latin-1":        {path("latin.toml", "# caf\u00e9\n\n# caf\xe9\n"), "latin.toml:3: is not UTF-8 (byte 0xe9); save it as UTF-8"},
		"UTF-16":         {path("wide.toml", "\xff\xfe[\x00"), "wide.toml: is UTF-16; save it as UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(tt.path, bare())
			contains(t, err, tt.want)
			if !strings.Contains(err.Error(), dir) {
				t.Errorf("error %q does not name the path", err)
			}
		})
	}
	if _, err := config.Load(filepath.Join(dir, "none.toml"), bare()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want one that is fs.ErrNotExist", err)
	}
	secret := path("secret.toml", "")
	must(t, os.Chmod(secret, 0))
	if _, err := config.Load(secret, bare()); err != nil && !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error %v, want one that is fs.ErrPermission (or none, for root)", err)
	}
}

func TestLoad_format(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "trace.conf")
	write(t, file, "\ufefftrace:\n  json: true\n")
	cfg, err := config.Load(file, bare(), nil, config.WithFormat("YAML"))
	if err != nil || !cfg.Connections[0].JSON {
		t.Errorf("Load = %v, %v", cfg, err)
	}
	_, err = config.Parse(nil, "xml", bare())
	contains(t, err, `format "xml" is not known`)
}

// The test process's own environment is what counts by default.
func TestParse_ownEnvironment(t *testing.T) {
	t.Parallel()
	cfg, err := config.Parse([]byte("trace.flag = '${PATH}'"), "toml")
	if err != nil || cfg.Connections[0].Flag != os.Getenv("PATH") {
		t.Errorf("Parse = %v, %v", cfg, err)
	}
}

func TestParse_order(t *testing.T) {
	t.Parallel()
	cfg := parse(t, "[trace.zebra]\n[trace.ant]\n[trace]\nflag = 'x'\n[trace.json]\n[trace.\"控制台.1\"]\n")
	got := make([]string, 0, len(cfg.Connections))
	for _, c := range cfg.Connections {
		got = append(got, c.Name)
	}
	if diff := cmp.Diff([]string{"default", "zebra", "ant", "json", "控制台.1"}, got); diff != "" {
		t.Errorf("connections (-want +got):\n%s", diff)
	}
}

// The framework's inline forms at the root belong to the connection default.
func TestParse_reservedInline(t *testing.T) {
	t.Parallel()
	cfg := parse(t, `
		[trace]
		fields = { trace_id = "tid" }
		sample = { rate = 0.5 }
		setting = { path = "x" }
		spool = { dir = "y" }
		retry = {}
	`)
	want := config.Default().Connections[0]
	want.Fields = []config.Field{{Source: "trace_id", Target: "tid"}}
	want.Sample.Rate = 0.5
	want.Setting, want.Spool, want.Retry = map[string]any{"path": "x"}, map[string]any{"dir": "y"}, map[string]any{}
	if diff := cmp.Diff([]config.Connection{want}, cfg.Connections); diff != "" {
		t.Errorf("connections (-want +got):\n%s", diff)
	}
}

func TestConfig_Hash(t *testing.T) {
	t.Parallel()
	base := parse(t, "[trace.a]\nbuffer = 5\nsetting = { p = 's', q = 1 }\n[trace.b]\ndriver = 'file'\n")
	same := parse(t, "# moved\n[trace.b]\ndriver = \"file\"\n[trace.a]\nsetting = { q = 1.0, p = 's' }\nbuffer = 5\n[http]\nport = 1\n")
	if base.Hash() != same.Hash() {
		t.Error("Hash depends on the layout")
	}
	seen := map[string]string{base.Hash(): "base"}
	for _, text := range []string{
		"", "[trace]", "[trace.a]\n", "[trace.a.setting]\np = 's'", "[trace.a.setting]\np = 't'", "[trace.a]\nbuffer = 5",
		"[trace.a]\nfields = ['name', 'kind']", "[trace.a]\nfields = ['kind', 'name']", "node = 'n'", "otel.service = 's'",
		"[trace.a.sample]\npropagate = false", "[trace.a.sample]\npropagate = true", "trace.a.spool = {}",
	} {
		hash := parse(t, text).Hash()
		if other, ok := seen[hash]; ok {
			t.Errorf("%q has the hash of %q", text, other)
		}
		if len(hash) != 16 {
			t.Errorf("Hash = %q, want 16 digits", hash)
		}
		seen[hash] = text
	}
}

// No way of printing a Config has a secret in it.
func TestConfig_secrets(t *testing.T) {
	t.Parallel()
	cfg := parse(t, `
		[trace.a]
		driver = "${S}"
		flag = "${S}"
		format = "${S}"
		fields = { trace_id = "${S}" }
		[trace.a.setting]
		password = "hunter2"
		headers = { authorization = "hunter2" }
		[trace.a.spool]
		dir = "hunter2"
		[trace.a.retry]
		x = ["hunter2"]
		[trace.a.sample]
		slow = "1s"
		rules = [{ name = "${S}" }]
		[otel]
		service = "${S}"
	`, "S=hunter2", "OTEL_EXPORTER_OTLP_HEADERS=k=hunter2")
	conn := cfg.Connections[0]
	if conn.Setting["password"] != "hunter2" || conn.Flag != "hunter2" {
		t.Fatal("the secrets were not read")
	}
	var logged strings.Builder
	logger := slog.New(slog.NewJSONHandler(&logged, nil))
	logger.Info("m", "config", cfg, "pointer", &cfg, "connection", conn, "list", cfg.Connections)
	encoded, err := json.Marshal(map[string]any{"config": cfg, "pointer": &cfg, "connection": conn})
	must(t, err)
	for _, printed := range []string{
		cfg.String(), conn.String(), logged.String(), string(encoded),
		fmt.Sprintf("%v %+v %#v %s %q %x %d", cfg, cfg, cfg, cfg, cfg, cfg, cfg),
		fmt.Sprintf("%v %+v %#v %s", conn, conn, conn, conn),
		fmt.Sprintf("%v %+v %#v", &cfg, cfg.Connections, struct{ C config.Config }{cfg}),
	} {
		if strings.Contains(printed, "hunter2") || strings.Contains(printed, "68756e74657232") {
			t.Errorf("a secret in %s", printed)
		}
		if !strings.Contains(printed, "password") {
			t.Errorf("%s doesn't say which settings there are", printed)
		}
	}
	for path, want := range map[string]string{
		"trace.a.driver": "S", "trace.a.setting.password": "", "trace.a.sample.rules[0].name": "S", "otel.service": "S",
	} {
		if got := cfg.FromEnvironment(path); got != want {
			t.Errorf("FromEnvironment(%q) = %q, want %q", path, got, want)
		}
	}
}
