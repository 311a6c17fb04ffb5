//go:build unix

package otelbridge_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

// pipeEnv makes the test program a service that writes traces to standard output and to a
// file in the directory that it names.
const pipeEnv = "TRACEHOOK_TEST_PIPE"

const pipeSpans = 1000

func serviceBehindAPipe(dir string) error {
	cfg, err := config.Parse(fmt.Appendf(nil, `
[trace.console]
[trace.json]
json = true
[trace.tree]
format = "tree"
[trace.otel]
driver = "stdout"
[trace.stream]
driver = "file"
setting = { path = "/dev/stdout" }
[trace.file]
driver = "file"
setting = { path = %q }
`, filepath.Join(dir, "trace.log")), "toml")
	if err != nil {
		return err
	}
	ctx := context.Background()
	bridge, err := otelbridge.New(ctx, cfg)
	if err != nil {
		return err
	}
	tracer := bridge.TracerProvider().Tracer("test")
	for n := range pipeSpans {
		_, span := tracer.Start(ctx, fmt.Sprintf("span-%d", n))
		span.End()
		if n%100 == 99 {
			_ = bridge.ForceFlush(ctx) // the pipe's errors are expected
			time.Sleep(time.Millisecond)
		}
	}
	_ = bridge.Shutdown(ctx)
	stats, err := json.Marshal(bridge.Stats())
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "stats.json"), stats, 0o600)
}

// TestAReaderThatGoesAwayEndsNothing is "service | head -1".
func TestAReaderThatGoesAwayEndsNothing(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv(pipeEnv); dir != "" {
		if err := serviceBehindAPipe(dir); err != nil {
			t.Fatal(err)
		}
		os.Exit(0) //nolint:forbidigo // a process of its own, which must not print what tests do
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), pipeEnv+"="+dir)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line == "" {
		t.Errorf("first line = %q, %v", line, err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("the service ended with %v: %s", err, stderr.String())
	}
	data, err := os.ReadFile(filepath.Join(dir, "trace.log"))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(data), "\n"); got != pipeSpans {
		t.Errorf("%d spans in the file, want %d", got, pipeSpans)
	}
	var stats struct {
		Connections map[string]struct{ Exported, Failed int64 }
	}
	data, err = os.ReadFile(filepath.Join(dir, "stats.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &stats); err != nil {
		t.Fatal(err)
	}
	for name, c := range stats.Connections {
		if c.Exported+c.Failed != pipeSpans || (c.Failed > 0) != (name != "file") {
			t.Errorf("%s: %d exported, %d failed; want %d in all, failed ones but in the file", name, c.Exported, c.Failed, pipeSpans)
		}
	}
	if len(stats.Connections) != 6 {
		t.Errorf("stats of %d connections, want 6", len(stats.Connections))
	}
}
