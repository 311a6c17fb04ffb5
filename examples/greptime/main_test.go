package main

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestWithoutAServerEverySpanIsAccountedFor runs the example against a port that nobody
// listens on.
func TestWithoutAServerEverySpanIsAccountedFor(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	conf := regexp.MustCompile(`(?m)^port = .*$`).ReplaceAllString(string(traceTOML), "port = "+port)
	path := filepath.Join(t.TempDir(), "trace.toml")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(t.Context(), &out, path); err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(\d+) spans ended = (\d+) left out by sampling \+ (\d+) exported \+ (\d+) failed`).FindAllStringSubmatch(out.String(), -1)
	if len(lines) != 2 {
		t.Fatalf("want two lines of accounts, have:\n%s", out.String())
	}
	for _, line := range lines {
		var n [4]int
		for i := range n {
			if n[i], err = strconv.Atoi(line[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		if n[0] != 40 || n[0] != n[1]+n[2]+n[3] || n[2] != 0 || n[3] < 2 {
			t.Errorf("the accounts don't add up: %s", line[0])
		}
	}
	if !strings.Contains(out.String(), "connection refused") {
		t.Errorf("the output doesn't say why:\n%s", out.String())
	}
}
