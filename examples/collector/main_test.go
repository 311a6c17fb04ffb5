package main

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/test/otlptest"
)

var lines = regexp.MustCompile(`(\d+) spans ended = (\d+) left out by sampling \+ (\d+) delivered \+ (\d+) to the spool \+ (\d+) failed
spool: (\d+) inherited \+ (\d+) new = (\d+) waiting \+ (\d+) replayed \+ (\d+) dead \+ (\d+) expired`)

func accounts(t *testing.T, collector, spool string) []int {
	t.Helper()
	var out strings.Builder
	err := run(t.Context(), &out, func() []string { return []string{"COLLECTOR=" + collector, "SPOOL=" + spool} })
	if err != nil {
		t.Fatal(err)
	}
	m := lines.FindStringSubmatch(out.String())
	if m == nil {
		t.Fatalf("no accounts in:\n%s", out.String())
	}
	var n []int
	for _, text := range m[1:] {
		i, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		n = append(n, i)
	}
	if n[0] != 400 || n[0] != n[1]+n[2]+n[3]+n[4] || n[5]+n[6] != n[7]+n[8]+n[9]+n[10] {
		t.Errorf("the accounts don't add up:\n%s", out.String())
	}
	return n
}

// What the first run can't deliver, the second one does.
func TestTheSecondRunDeliversWhatTheFirstCouldNot(t *testing.T) {
	t.Parallel()
	r := otlptest.NewHTTP(t)
	r.Down() // what is spooled for an address goes to no other
	spool := filepath.Join(t.TempDir(), "spool")
	first := accounts(t, "http://"+r.Address(), spool)
	if first[2] != 0 || first[4] != 0 || first[3] < 20 || first[7] != first[3] {
		t.Errorf("without a Collector: %v", first)
	}
	r.Up()
	second := accounts(t, "http://"+r.Address(), spool)
	if second[5] != first[7] || second[7] != 0 {
		t.Errorf("with a Collector: %v, after %v", second, first)
	}
	if got := len(r.Spans()); got != first[3]+second[2]+second[3] {
		t.Errorf("%d spans arrived", got)
	}
}
