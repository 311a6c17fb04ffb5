package otelbridge_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

// durationKeys is a file for each key of a table of docs/config.md and docs/drivers.md whose type has a
// duration in it. DIR and URL are put in; the last line sets the key to VALUE.
var durationKeys = map[string][]string{
	"timeout":          {"[trace]\nVALUE", "[trace.c]\ndriver = \"otlp\"\nsetting = { endpoint = \"URL\", VALUE }", "[trace.c]\ndriver = \"greptime\"\nsetting = { url = \"URL\", VALUE }"},
	"export_timeout":   {"[trace]\nVALUE"},
	"block_timeout":    {"[trace]\noverflow = \"block\"\nVALUE"},
	"slow":             {"[trace.sample]\nVALUE"},
	"shutdown_timeout": {"[otel]\nVALUE"},
	"wait":             {"[trace.sample]\nscope = \"trace\"\n[otel.traces]\nVALUE"},
	"max_age": {
		"[trace]\nformat = \"tree\"\n[trace.setting]\nVALUE",
		"[trace.c]\ndriver = \"otlp\"\nsetting.endpoint = \"URL\"\n[trace.c.spool]\ndir = \"DIR/spool\"\nVALUE",
	},
	"dead_max_age": {"[trace.c]\ndriver = \"otlp\"\nsetting.endpoint = \"URL\"\n[trace.c.spool]\ndir = \"DIR/spool\"\nVALUE"},
	"maxage":       {"[trace.c]\ndriver = \"file\"\n[trace.c.setting]\npath = \"DIR/trace.log\"\nVALUE"},
	"fsync": {
		"[trace.c]\ndriver = \"file\"\n[trace.c.setting]\npath = \"DIR/trace.log\"\nVALUE",
		"[trace.c]\ndriver = \"otlp\"\nsetting.endpoint = \"URL\"\n[trace.c.spool]\nmode = \"always\"\ndir = \"DIR/spool\"\nVALUE",
	},
	"initial": {"[trace.c]\ndriver = \"otlp\"\nsetting.endpoint = \"URL\"\n[trace.c.retry]\nVALUE"},
	"max":     {"[trace.c]\ndriver = \"otlp\"\nsetting.endpoint = \"URL\"\n[trace.c.retry]\nVALUE"},
	"budget":  {"[trace.c]\ndriver = \"otlp\"\nsetting.endpoint = \"URL\"\n[trace.c.retry]\nVALUE"},
}

// refusal is what is said about a duration that isn't taken: what may be, or that it is no duration.
var refusal = regexp.MustCompile(`is outside \S+\.\.\S+|is too short; the least is|is negative|is not a duration such as|is not one of`)

// TestDurationsAreRefusedOrRight sets each key to the shortest duration, the longest, one that overflows
// when it is doubled, one just above a hundred years, and some that are no durations: either Check says
// what may be, or a span goes through and the end comes in time.
func TestDurationsAreRefusedOrRight(t *testing.T) {
	t.Parallel()
	values := []string{"1ns", "2562047h47m16.854775807s", "2562048h", "1300000h", "876001h", "36501d", "24h1ns", "-1ns"}
	for key, files := range durationKeys {
		for i, file := range files {
			for _, value := range values {
				t.Run(fmt.Sprintf("%s %d %s", key, i, value), func(t *testing.T) {
					t.Parallel()
					durationIs(t, file, key, value)
				})
			}
		}
	}
}

func durationIs(t *testing.T, file, key, value string) {
	t.Helper()
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	file = strings.NewReplacer("DIR", dir, "URL", server.URL, "VALUE", key+" = \""+value+"\"").Replace(file)
	var out bytes.Buffer
	b, err := open(t, file, &out)
	if err != nil {
		if !refusal.MatchString(err.Error()) || !strings.Contains(err.Error(), key) {
			t.Errorf("refused without what may be: %v", err)
		}
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, span := b.TracerProvider().Tracer("app").Start(ctx, "work")
	span.End()
	if err := b.ForceFlush(ctx); err != nil && !tooShort(key, value) {
		t.Errorf("flush: %v", err)
	}
	if err := b.Shutdown(ctx); err != nil && !tooShort(key, value) {
		t.Errorf("shutdown: %v", err)
	}
	written, _ := os.ReadFile(filepath.Join(dir, "trace.log"))
	if out.Len() == 0 && len(written) == 0 && requests.Load() == 0 && !tooShort(key, value) {
		t.Error("accepted, and the span is nowhere")
	}
}

// tooShort reports a duration that is right, and in which nothing can be delivered.
func tooShort(key, value string) bool { return value == "1ns" && key == "max_age" }

func open(t *testing.T, file string, out *bytes.Buffer) (*otelbridge.Bridge, error) {
	t.Helper()
	cfg, err := config.Parse([]byte(file), "toml")
	if err != nil {
		return nil, err
	}
	return otelbridge.New(t.Context(), cfg, otelbridge.WithOutput(out, out))
}

// TestDurationsAreAllThere compares the keys above with the documents, which tests hold against the
// readers.
func TestDurationsAreAllThere(t *testing.T) {
	t.Parallel()
	row := regexp.MustCompile("(?m)^\\| `([a-z_]+)`[^|]*\\| (?:word or )?duration \\|")
	found := map[string]int{}
	for _, name := range []string{"config.md", "drivers.md"} {
		text, err := os.ReadFile(filepath.Join("..", "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range row.FindAllStringSubmatch(string(text), -1) {
			found[m[1]]++
		}
	}
	if len(found) < 10 {
		t.Fatalf("only %v are documented", found)
	}
	for key, n := range found {
		if len(durationKeys[key]) < n {
			t.Errorf("%s is documented %d times, and is tried %d times", key, n, len(durationKeys[key]))
		}
	}
}
