package bridge_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

func TestOpenReportsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "trace.toml")
	log := filepath.Join(dir, "trace.log")
	const text = `[trace.log]
driver = "file"
[trace.log.sample]
rate = 2
[trace.log.setting]
path = "LOG"
maxsiez = "1MB"
[trace.second]
driver = "flie"
buffr = 1
[[trace.second.sample.rules]]
name = "a\\"
`
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "LOG", log)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := otelbridge.Open(t.Context(), path)
	var problems config.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("got %v", err)
	}
	var got []string
	for _, p := range problems {
		got = append(got, p.Path)
	}
	want := "trace.log.sample.rate trace.log.setting.maxsiez trace.second.driver trace.second.buffr trace.second.sample.rules[0].name"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s\n%v", strings.Join(got, " "), want, err)
	}
	if _, err := os.Stat(log); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the log file was made: %v", err)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace.toml")
	if _, err := otelbridge.Open(t.Context(), path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a file: %v", err)
	}
	if err := os.WriteFile(path, []byte("[trace.a]\ndriver = \"memory\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := otelbridge.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := b.Stats().Connections["a"]; !ok {
		t.Error("the connection is missing")
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
