package file_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tracehook/tracehook/exporter/file"
)

// victimEnv makes the test program a victim: it has the directory and the round.
const victimEnv = "TRACEHOOK_FILE_VICTIM"

const (
	victimBatch = 40
	padding     = 2000 // long enough for a kill to meet a write half way
)

// victimName is the line of a span: when it is whole it has both ends.
func victimName(round, n int) string {
	return fmt.Sprintf("<%d.%d.%s>", round, n, strings.Repeat("x", padding+n%7))
}

// victim exports for ever, and says on its standard output how many batches it was told
// were exported.
func victim(arg string) int {
	dir, text, _ := strings.Cut(arg, "|")
	round, err := strconv.Atoi(text)
	if err != nil {
		return 2
	}
	e, err := file.New(filepath.Join(dir, "trace.log"), file.WithEncoder(line{}), file.WithSync(file.SyncBatch),
		file.WithMaxLines(200), file.WithCompression())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	for batch := 0; ; batch++ {
		list := make([]sdktrace.ReadOnlySpan, 0, victimBatch)
		for i := range victimBatch {
			list = append(list, tracetest.SpanStub{Name: victimName(round, batch*victimBatch+i)}.Snapshot())
		}
		if err := e.ExportSpans(context.Background(), list); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 4
		}
		_, _ = fmt.Fprintln(os.Stdout, batch)
	}
}

// TestKilledProcessLosesNothingItReported kills a writing process at random moments, again
// and again over the same files.
func TestKilledProcessLosesNothingItReported(t *testing.T) {
	t.Parallel()
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	dir := t.TempDir()
	reported := make(map[string]bool)
	whole := make(map[string]string) // compressed files that were looked at: they never change
	torn := 0
	for round := range rounds {
		for _, batch := range killedRound(t, dir, round) {
			for i := range victimBatch {
				reported[victimName(round, batch*victimBatch+i)] = true
			}
		}
		if info, err := os.Stat(filepath.Join(dir, "trace.log")); err == nil && info.Size() > 0 {
			if !strings.HasSuffix(read(t, filepath.Join(dir, "trace.log")), "\n") {
				torn++
			}
		}
		if round%5 == 4 || round == rounds-1 {
			lookFor(t, dir, reported, whole, false)
		}
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	shut(t, open(t, filepath.Join(dir, "trace.log"), file.WithEncoder(line{}), file.WithCompression()))
	lookFor(t, dir, reported, whole, true)
	t.Logf("%d kills, %d of them in the middle of a line; %d lines were reported as exported", rounds, torn, len(reported))
	if len(reported) == 0 {
		t.Error("no process lived long enough to report anything")
	}
}

// killedRound runs a victim for a random while and returns the batches that it reported.
func killedRound(t *testing.T, dir string, round int) []int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%d", victimEnv, dir, round))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	var batches []int
	note := func() bool {
		if !lines.Scan() {
			return false
		}
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Errorf("the victim said %q", lines.Text())
		}
		batches = append(batches, n)
		return true
	}
	if round%4 != 0 { // the others may be killed while they open the file
		note()
	}
	time.Sleep(rand.N(12 * time.Millisecond))
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for note() { // reads what is left
	}
	_ = cmd.Wait() // killed
	if stderr.Len() > 0 {
		t.Errorf("the victim died of %q", stderr.String())
	}
	return batches
}

// lookFor checks that every reported line is there once, and, at the end, that nothing but
// whole lines is.
func lookFor(t *testing.T, dir string, reported map[string]bool, whole map[string]string, end bool) {
	t.Helper()
	seen := make(map[string]int)
	list := names(t, dir)
	have := make(map[string]bool)
	for _, name := range list {
		have[name] = true
	}
	for _, name := range list {
		plain, gz := strings.CutSuffix(name, ".gz")
		if gz && have[plain] || strings.HasSuffix(name, ".tmp") || strings.HasSuffix(name, ".torn") {
			continue
		}
		text, ok := whole[name]
		if !ok {
			text = read(t, filepath.Join(dir, name))
		}
		if gz {
			whole[name] = text
		}
		for l := range strings.Lines(text) {
			l, complete := strings.CutSuffix(l, "\n")
			if end && (!complete || !strings.HasPrefix(l, "<") || !strings.HasSuffix(l, ">")) {
				t.Errorf("half a line in %s: %.20q", name, l)
			}
			if complete {
				seen[l]++
			}
		}
	}
	for l := range reported {
		if seen[l] != 1 {
			t.Errorf("%.20q was reported as exported and is there %d times", l, seen[l])
		}
	}
}
