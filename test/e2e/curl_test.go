package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tracehook/tracehook/exporter/otlp"
	"github.com/tracehook/tracehook/exporter/spool"
	"github.com/tracehook/tracehook/test/otlptest"
)

// TestSpoolFilesCanBeSentByHand spools while nobody listens, and posts the file to a Collector
// with curl.
func TestSpoolFilesCanBeSentByHand(t *testing.T) {
	t.Parallel()
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("there is no curl here")
	}
	dir := filepath.Join(t.TempDir(), "spool")
	e, err := otlp.NewSpooled(t.Context(), otlp.Options{URL: "http://" + address(t) + "/v1/traces", Once: true}, spool.Options{Dir: dir, Connection: "c"})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.ExportSpans(t.Context(), otlptest.Spans(1, 25)); err == nil {
		t.Fatal("delivered to nobody")
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "c", "v1-*.otlp"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	c := start(t)
	out, err := exec.CommandContext(t.Context(), curl, "-sSf", "-H", "Content-Type: application/x-protobuf", "--data-binary", "@"+files[0], "http://"+c.Plain+"/v1/traces").CombinedOutput()
	if err != nil {
		t.Fatalf("curl: %v\n%s", err, out)
	}
	if got := c.wait(t, "plain", 25); len(got) != 25 {
		t.Errorf("%d spans arrived, want 25", len(got))
	}
	if _, err := os.Stat(files[0]); err != nil {
		t.Error(err)
	}
}
