package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// With -page it serves a page with the traces of a service that goes on.
func TestPage(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), build(t), "-page")
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "TRACEHOOK_TRACE__PAGE__SETTING__LISTEN=127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`http://\S+/`).FindString(first)
	if address == "" {
		t.Fatalf("it says %q", first)
	}
	found := ""
	for deadline := time.Now().Add(time.Minute); found == "" && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"api/spans?query=status:error+service:shop", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		found = string(body)
	}
	if !strings.Contains(found, "resourceSpans") {
		t.Errorf("the page has %q", found)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(lines)
	if err := cmd.Wait(); err != nil || answered(t, string(rest)) == 0 {
		t.Errorf("%v: %s", err, rest)
	}
}
