package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Help fits into a terminal that nobody has widened, and each command has an example.
func TestHelpFits(t *testing.T) {
	t.Parallel()
	p := &program{}
	var walk func(c *cobra.Command, args []string)
	walk = func(c *cobra.Command, args []string) {
		r := tracehook(t, "", append(args, "--help")...)
		if r.code != fine || r.err != "" || c.Example == "" && c.HasParent() && !c.HasSubCommands() {
			t.Errorf("%q: code %d, %q, example %q", args, r.code, r.err, c.Example)
		}
		for line := range strings.Lines(r.out) {
			if n := len([]rune(line)) - 1; n > helpWidth {
				t.Errorf("%q: a line of %d letters: %s", args, n, line)
			}
		}
		for _, each := range c.Commands() {
			walk(each, append(slices.Clip(args), each.Name()))
		}
	}
	walk(p.root(), nil)
}

// Every wrong call says what is wrong with it, in a line before the one that names the help.
func TestMisuseHasAReason(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"nonsense"},
		{"ls"},
		{"ls", "--nonsense"},
		{"ls", "x", "--trees=maybe"},
		{"tail", "x", "--for", "soon"},
		{"show", "zz", "x"},
		{"plan", "a"},
		{"replay"},
		{"replay", "x"},
		{"dead"},
		{"dead", "nonsense"},
		{"check"},
		{"explain"},
		{"explain", "x"},
		{"explain", "x", "--name", "y", "--parent", "z"},
		{"explain", "x", "--name", "y", "--duration", "1s"},
		{"schema", "x"},
	} {
		r := tracehook(t, "", args...)
		lines := strings.Split(strings.TrimSpace(r.err), "\n")
		if r.code != misusage || len(lines) < 2 || len(lines[0]) < len("tracehook: ")+10 || !strings.Contains(lines[len(lines)-1], "--help") {
			t.Errorf("%q: code %d, %q", args, r.code, r.err)
		}
	}
}

// explain says what becomes of a span in one trace.
func TestExplainBelowAParent(t *testing.T) {
	t.Parallel()
	config := write(t, "trace.toml", "[trace.a]\ndriver = \"otlp\"\n[trace.a.sample]\nrate = 0.1\n"+
		"rules = [ { name = \"GET *\", sample = 0.6 } ]\n")
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0"
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--parent", parent + "1"}, "kept, by rules[0] GET *; it stands for 1.66"},
		{[]string{"--parent", parent + "0"}, "left out, by parent"},
		{[]string{"--parent", parent + "1", "--tracestate", "ot=th:8"}, "it stands for 2\n"},
		{[]string{"--parent", parent + "1", "--tracestate", "ot=rv:00000000000000"}, "left out, by rules[0]"},
		{[]string{"--parent", parent + "0", "--error"}, "kept, by error; it stands for 1\n"},
	} {
		r := tracehook(t, "", append([]string{"explain", config, "--name", "GET /x", "--kind", "server"}, test.args...)...)
		if r.code != fine || !strings.Contains(r.out, "in this trace: "+test.want) && !strings.Contains(r.out, test.want) {
			t.Errorf("%q: %+v", test.args, r)
		}
	}
	if r := tracehook(t, "", "explain", config, "--name", "x", "--json", "--parent", parent+"1"); !strings.Contains(r.out, `"below_parent":{"keep":false`) {
		t.Errorf("--json: %+v", r)
	}
}
