package setting_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/setting"
)

// A problem is born with the place of its key, whoever reports it.
func TestProblemsHaveTheirPlace(t *testing.T) {
	t.Parallel()
	s := setting.NewSource("x.toml")
	s.SetLine("trace.a", 1, 8)
	s.SetLine("trace.a.setting", 2, 1)
	s.SetLine("trace.a.setting", 9, 9) // the first counts
	s.SetLine(`trace.a.setting."b.c"`, 3, 1)
	s.SetLine("trace.a.sample.sample", 4, 5)
	s.SetAlias("trace.a.sample.rate", "trace.a.sample.sample")
	s.SetPlace("trace.a.setting.port", setting.Place{File: "PORT"})
	for path, want := range map[string]string{
		"trace.a.setting.port":    "PORT: trace.a.setting.port: m",
		"trace.a.setting.host":    "x.toml:2:1: trace.a.setting.host: m",
		`trace.a.setting."b.c"`:   `x.toml:3:1: trace.a.setting."b.c": m`,
		"trace.a.setting.list[3]": "x.toml:2:1: trace.a.setting.list[3]: m",
		"trace.a.sample.rate":     "x.toml:4:5: trace.a.sample.sample: m",
		"trace.b":                 "x.toml: trace.b: m",
	} {
		if got := s.Problem(path, "m").Error(); got != want {
			t.Errorf("problem of %s is %q, want %q", path, got, want)
		}
	}
	table := s.Table("trace.a.setting", map[string]any{"b.c": "x"})
	_ = table.Int(0, 0, 1, "b.c")
	table.Problem("port", "m")
	want := `x.toml:3:1: trace.a.setting."b.c": "x" is not a whole number` + "\nPORT: trace.a.setting.port: m"
	if got := table.Err().Error(); got != want {
		t.Errorf("the table's problems are\n%s\nwant\n%s", got, want)
	}
}

// The value of a variable is known by its origin. A reader may put it, or a part of it, into
// any argument of a problem.
func TestProblemsHideWhatAVariableHolds(t *testing.T) {
	t.Parallel()
	s := setting.NewSource("x.toml")
	s.SetVariable("k", "URL", "http://user:hunter22@host:99999/a\"b")
	s.SetVariable("short", "PW", "pw")
	s.SetVariable("empty", "NONE", "")
	for _, tt := range []struct {
		key, format string
		arg         any
		want        string
	}{
		{"k", "%q is not a port", "99999", "the value of $URL is not a port"},
		{"k", "%.3q is not a port", "99999", "the value of $URL is not a port"},
		{"k", "%d is not a port", 99999, "99999 is not a port"},
		{"k", "%v", errors.New(`parse "http://user:hunter22@host:99999/a\"b": no`), `parse "the value of $URL": no`},
		{"k", "%q is none", `file:http://user:hunter22@host:99999/a"b`, "file:the value of $URL is none"},
		{"k", "want %q", "gzip", `want "gzip"`},
		{"k", "%s", setting.NewSecret("host"), "[hidden]"},
		{"k.below[1]", "%s is wrong", "hunter22", "the value of $URL is wrong"},
		{"k", "%v", errors.New(`no field is called "er:hunter22@"`), "the value of $URL"},
		{"short", "%q is not a port", "pw", "the value of $PW is not a port"},
		{"short", "%v", errors.New("open /pw/x: no"), "the value of $PW"},
		{"empty", "%q is empty", "", `"" is empty`},
		{"other", "%q is wrong", "hunter22", `"hunter22" is wrong`},
	} {
		if got := s.Problem(tt.key, tt.format, tt.arg).Message; got != tt.want {
			t.Errorf("%s of %s and %v: %q, want %q", tt.format, tt.key, tt.arg, got, tt.want)
		}
	}
	table := s.Table("", map[string]any{"k": "hunter22", "short": "hunter22", "list": "x"})
	_, _ = table.Int(0, 0, 1, "k"), table.Word("", []string{"hunter2"}, "short")
	want := setting.Problems{
		{Path: "k", File: "x.toml", Message: "the value of $URL is not a whole number"},
		{Path: "short", File: "x.toml", Message: `the value of $PW is not one of hunter2, did you mean "hunter2"?`},
		{Path: "list", File: "x.toml", Message: "unknown key; known are k, short"},
	}
	if diff := cmp.Diff(error(want), table.Err()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.Variable("k.below") != "URL" || s.Variable("other") != "" {
		t.Error("Variable doesn't say what the value came from")
	}
}

func TestListsOfTheEnvironmentHaveCommas(t *testing.T) {
	t.Parallel()
	s := setting.NewSource("")
	s.SetVariable("trace.k", "LIST", "a, b,,")
	table := s.Table("trace", map[string]any{"k": "a, b,,", "written": "a, b"})
	if diff := cmp.Diff([]string{"a", "b"}, table.Strings("k")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a, b"}, table.Strings("written")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNilSourceKnowsNothing(t *testing.T) {
	t.Parallel()
	var s *setting.Source
	if s.Place("k") != (setting.Place{}) || s.Variable("k") != "" || s.Actual("k") != "k" {
		t.Error("a nil Source knows something")
	}
	if got := s.Problem("k", "%q", "v"); got != (setting.Problem{Path: "k", Message: `"v"`}) {
		t.Errorf("problem %#v", got)
	}
}

func TestProblemsAreSortedAndFound(t *testing.T) {
	t.Parallel()
	ps := setting.Problems{{File: "VAR", Message: "4"}, {File: "f", Line: 2, Message: "3"}, {File: "f", Line: 1, Column: 9, Message: "2"}, {Line: 1, Message: "1"}}
	ps.Sort()
	if got := ps.Error(); got != "1: 1\nf:1:9: 2\nf:2: 3\nVAR: 4" {
		t.Errorf("sorted:\n%s", got)
	}
	if p, ok := errors.AsType[setting.Problem](fmt.Errorf("wrapped: %w", ps)); !ok || p != ps[0] {
		t.Errorf("errors.As found %v", p)
	}
	if got := strings.Join([]string{setting.Join("", "a b"), setting.Join("a", "b"), setting.At("a", 2)}, " "); got != `"a b" a.b a[2]` {
		t.Errorf("paths %s", got)
	}
}
