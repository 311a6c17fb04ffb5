package setting_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/setting"
)

// code is the source of tables that were made in code.
var code *setting.Source

func TestTableReads(t *testing.T) {
	t.Parallel()
	type table = setting.Table
	tests := []struct {
		name string
		give any
		read func(t *table) any
		want any
	}{
		{"text", "x", func(t *table) any { return t.String("y", "k") }, "x"},
		{"empty text", "", func(t *table) any { return t.String("y", "k") }, ""},
		{"bool", true, func(t *table) any { return t.Bool(false, "k") }, true},
		{"bool as text", "false", func(t *table) any { return t.Bool(true, "k") }, false},
		{"bool as text in any case", " TRUE ", func(t *table) any { return t.Bool(false, "k") }, true},
		{"int", int64(7), func(t *table) any { return t.Int(1, 0, 9, "k") }, 7},
		{"plain int", 7, func(t *table) any { return t.Int(1, 0, 9, "k") }, 7},
		{"int of a decoder that has only floats", 7.0, func(t *table) any { return t.Int(1, 0, 9, "k") }, 7},
		{"int as text", " 7 ", func(t *table) any { return t.Int(1, 0, 9, "k") }, 7},
		{"least int", 0, func(t *table) any { return t.Int(1, 0, 9, "k") }, 0},
		{"most int", 9, func(t *table) any { return t.Int(1, 0, 9, "k") }, 9},
		{"float", 0.5, func(t *table) any { return t.Float(1, 0, 1, "k") }, 0.5},
		{"float from int", int64(1), func(t *table) any { return t.Float(0, 0, 1, "k") }, 1.0},
		{"float as text", "0.25", func(t *table) any { return t.Float(0, 0, 1, "k") }, 0.25},
		{"word in any case", " DAY ", func(t *table) any { return t.Word("x", []string{"day", "hour"}, "k") }, "day"},
		{"secret", "hunter2", func(t *table) any { return t.Secret("k").Reveal() }, "hunter2"},
		{"list of text", []any{"a", "b"}, func(t *table) any { return t.Strings("k") }, []string{"a", "b"}},
		{"one text", "a,b", func(t *table) any { return t.Strings("k") }, []string{"a,b"}},
		{"strings", []string{"a"}, func(t *table) any { return t.Strings("k") }, []string{"a"}},
		{"list", []any{"a", 1}, func(t *table) any { return t.List("k") }, []any{"a", 1}},
		{"table of text", map[string]any{"a": "b"}, func(t *table) any { return t.StringMap("k") }, map[string]string{"a": "b"}},
		{"map of strings", map[string]string{"a": "b"}, func(t *table) any { return t.StringMap("k") }, map[string]string{"a": "b"}},
		{"table", map[string]any{"a": 1}, func(t *table) any { return t.Table("k").Int(0, 0, 9, "a") }, 1},
		{"duration", "1m30s", func(t *table) any { return t.Duration(0, 0, "k") }, 90 * time.Second},
		{"duration in days", "7d", func(t *table) any { return t.Duration(0, 0, "k") }, 168 * time.Hour},
		{"duration in seconds", int64(5), func(t *table) any { return t.Duration(0, 0, "k") }, 5 * time.Second},
		{"duration in parts of a second", 0.5, func(t *table) any { return t.Duration(0, 0, "k") }, 500 * time.Millisecond},
		{"duration in seconds as text", "0.5", func(t *table) any { return t.Duration(0, 0, "k") }, 500 * time.Millisecond},
		{"duration of Go", time.Minute, func(t *table) any { return t.Duration(0, 0, "k") }, time.Minute},
		{"no duration", 0, func(t *table) any { return t.Duration(1, 0, "k") }, time.Duration(0)},
		{"size", int64(10000), func(t *table) any { return t.Size(0, 0, "k") }, int64(10000)},
		{"size in binary units", "100MiB", func(t *table) any { return t.Size(0, 0, "k") }, int64(100 << 20)},
		{"size with unit", "100MB", func(t *table) any { return t.Size(0, 0, "k") }, int64(100 << 20)},
		{"size with part and small unit", "1.5k", func(t *table) any { return t.Size(0, 0, "k") }, int64(1536)},
		{"size with blank", " 2 GB ", func(t *table) any { return t.Size(0, 0, "k") }, int64(2 << 30)},
		{"size in tera", "1tb", func(t *table) any { return t.Size(0, 0, "k") }, int64(1 << 40)},
		{"size in bytes", "12B", func(t *table) any { return t.Size(0, 0, "k") }, int64(12)},
		{"nothing", nil, func(t *table) any { return t.String("y", "k") }, "y"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			table := code.Table("setting", map[string]any{"k": test.give})
			if diff := cmp.Diff(test.want, test.read(table)); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
			if err := table.Err(); err != nil {
				t.Error(err)
			}
			empty := code.Table("setting", nil)
			_ = test.read(empty)
			if err := empty.Err(); err != nil {
				t.Errorf("an absent key is a problem: %v", err)
			}
		})
	}
}

func TestTableRefuses(t *testing.T) {
	t.Parallel()
	type table = setting.Table
	const duration = ` is not a duration such as "200ms" or "7d", or a number of seconds`
	const size = ` is not a size such as "100MB", or a number of bytes`
	tests := []struct {
		name string
		give any
		read func(t *table) any
		back any
		want string
	}{
		{"number for text", int64(7), func(t *table) any { return t.String("y", "k") }, "y", "must be text in quotes, not a whole number"},
		{"table for text", map[string]any{}, func(t *table) any { return t.String("y", "k") }, "y", "must be text in quotes, not a table"},
		{"text for bool", "yes", func(t *table) any { return t.Bool(true, "k") }, true, "must be true or false, not text"},
		{"list for bool", []any{true}, func(t *table) any { return t.Bool(true, "k") }, true, "must be true or false, not a list"},
		{"fraction for int", 1.5, func(t *table) any { return t.Int(1, 0, 9, "k") }, 1, "1.5 is not a whole number"},
		{"fraction as text for int", "1.5", func(t *table) any { return t.Int(1, 0, 9, "k") }, 1, `"1.5" is not a whole number`},
		{"large int", int64(10), func(t *table) any { return t.Int(1, 0, 9, "k") }, 1, "10 is too large; the most is 9"},
		{"small int", int64(-1), func(t *table) any { return t.Int(1, 0, math.MaxInt, "k") }, 1, "-1 is too small; the least is 0"},
		{"float out of bounds", 1.5, func(t *table) any { return t.Float(1, 0, 1, "k") }, 1.0, "1.5 is outside 0..1"},
		{"small float", -1, func(t *table) any { return t.Float(1, 0, math.MaxFloat64, "k") }, 1.0, "-1 is too small; the least is 0"},
		{"NaN", math.NaN(), func(t *table) any { return t.Float(1, 0, 1, "k") }, 1.0, "NaN is not a number from 0 to 1"},
		{"infinity as text", "inf", func(t *table) any { return t.Float(1, 0, 1, "k") }, 1.0, `"inf" is not a number from 0 to 1`},
		{"wrong word", "dya", func(t *table) any { return t.Word("x", []string{"day", "hour"}, "k") }, "x", `"dya" is not one of day, hour, did you mean "day"?`},
		{"number for word", 1, func(t *table) any { return t.Word("x", []string{"day", "hour"}, "k") }, "x", "must be one of day, hour, not a whole number"},
		{"number for secret", int64(31337), func(t *table) any { return t.Secret("k").Reveal() }, "", "must be text in quotes, not a whole number"},
		{"number for list", int64(1), func(t *table) any { return len(t.Strings("k")) }, 0, "must be a list of text, not a whole number"},
		{"text for map", "hunter2", func(t *table) any { return len(t.StringMap("k")) }, 0, "must be a table of text, not text"},
		{"text for table", "x", func(t *table) any { return len(t.Table("k").Keys()) }, 0, "must be a table, not text"},
		{"unit that isn't one", "10QB", func(t *table) any { return t.Size(5, 0, "k") }, int64(5), `"10QB"` + size},
		{"units without a number", "MB", func(t *table) any { return t.Size(5, 0, "k") }, int64(5), `"MB"` + size},
		{"two units", "1MK", func(t *table) any { return t.Size(5, 0, "k") }, int64(5), `"1MK"` + size},
		{"size beyond all", "9e30", func(t *table) any { return t.Size(5, 0, "k") }, int64(5), `"9e30"` + size},
		{"negative size", "-1k", func(t *table) any { return t.Size(5, 0, "k") }, int64(5), `"-1k" is too small; the least is 0`},
		{"zero size", 0, func(t *table) any { return t.Size(5, 1, "k") }, int64(5), "0 is not larger than 0; leave it out for the default"},
		{"small size", "1B", func(t *table) any { return t.Size(5, 3<<30, "k") }, int64(5), `"1B" is too small; the least is 3GB`},
		{"megabytes of others", 100, func(t *table) any { return t.Size(5, 1, "k") }, int64(5), `100 without a unit counts bytes, which is hardly meant: write "100MB" for megabytes, or "100B" if it is`},
		{"milliseconds of others", 5000, func(t *table) any {
			return t.DurationIn(5, setting.Bounds{Least: time.Millisecond, Bare: time.Minute}, "k")
		}, time.Duration(5), `5000 without a unit counts seconds, which is hardly meant: write "5000ms" for milliseconds, or "5000s" if it is`},
		{"days of others", "28", func(t *table) any {
			return t.DurationIn(5, setting.Bounds{Least: time.Millisecond, Bare: time.Hour, Age: true}, "k")
		}, time.Duration(5), `"28" without a unit counts seconds, which is hardly meant: write "28d" for days, or "28s" if it is`},
		{"longer than the longest", "292y", func(t *table) any { return t.DurationIn(5, setting.Bounds{Most: time.Hour}, "k") }, time.Duration(5), `"292y"` + duration},
		{"long duration", "2562047h", func(t *table) any {
			return t.DurationIn(5, setting.Bounds{Least: time.Millisecond, Most: 365 * 24 * time.Hour}, "k")
		}, time.Duration(5), `"2562047h" is outside 1ms..365d`},
		{"very short duration", "1ns", func(t *table) any {
			return t.DurationIn(5, setting.Bounds{Least: time.Millisecond, Most: time.Hour}, "k")
		}, time.Duration(5), `"1ns" is outside 1ms..1h`},
		{"fraction of a byte", 1.5, func(t *table) any { return t.Size(5, 0, "k") }, int64(5), "1.5" + size},
		{"no duration", "soon", func(t *table) any { return t.Duration(5, 0, "k") }, time.Duration(5), `"soon"` + duration},
		{"half a day", "0.5d", func(t *table) any { return t.Duration(5, 0, "k") }, time.Duration(5), `"0.5d"` + duration},
		{"too many days", "999999d", func(t *table) any { return t.Duration(5, 0, "k") }, time.Duration(5), `"999999d"` + duration},
		{"too many seconds", 1e300, func(t *table) any { return t.Duration(5, 0, "k") }, time.Duration(5), "1e+300" + duration},
		{"negative duration", "-1s", func(t *table) any { return t.Duration(5, 0, "k") }, time.Duration(5), `"-1s" is negative`},
		{"zero duration", 0, func(t *table) any { return t.Duration(5, 1, "k") }, time.Duration(5), "0 is not longer than 0; leave it out for the default"},
		{"short duration", "1s", func(t *table) any { return t.Duration(5, time.Minute, "k") }, time.Duration(5), `"1s" is too short; the least is 1m0s`},
		{"bool for duration", true, func(t *table) any { return t.Duration(5, 0, "k") }, time.Duration(5), "a boolean" + duration},
		{"something else", struct{}{}, func(t *table) any { return t.String("y", "k") }, "y", "must be text in quotes, not a value of type struct {}"},
		{
			"long text", strings.Repeat("a", 1<<20), func(t *table) any { return t.Int(1, 0, 9, "k") }, 1,
			`"` + strings.Repeat("a", 64) + `" and 1048512 more bytes is not a whole number`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			table := code.Table("setting", map[string]any{"k": test.give})
			if diff := cmp.Diff(test.back, test.read(table)); diff != "" {
				t.Errorf("default (-want +got):\n%s", diff)
			}
			want := setting.Problems{{Path: "setting.k", Message: test.want}}
			if diff := cmp.Diff(error(want), table.Err()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTableReadsWordsOrDurations(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		give     any
		word     string
		duration time.Duration
		problem  string
	}{
		{nil, "never", 0, ""},
		{" Batch ", "batch", 0, ""},
		{"1s", "", time.Second, ""},
		{0.5, "", 500 * time.Millisecond, ""},
		{"1d", "", 24 * time.Hour, ""},
		{"soon", "never", 0, `k: "soon" is not one of never, batch, or a duration such as "1s"`},
		{"0s", "never", 0, `k: "0s" is not longer than 0; leave it out for the default`},
		{true, "never", 0, `k: a boolean is not one of never, batch, or a duration such as "1s"`},
	} {
		table := code.Table("", map[string]any{"k": tt.give})
		word, duration := table.WordOrDuration("never", []string{"never", "batch"}, "k")
		problem := ""
		if err := table.Err(); err != nil {
			problem = err.Error()
		}
		if word != tt.word || duration != tt.duration || problem != tt.problem {
			t.Errorf("%v: got %q, %v and %q, want %q, %v and %q", tt.give, word, duration, problem, tt.word, tt.duration, tt.problem)
		}
	}
}

func TestTableTellsAbsentFromFalse(t *testing.T) {
	t.Parallel()
	table := code.Table("", map[string]any{"no": false})
	if absent, no := table.OptionalBool("absent"), table.OptionalBool("no"); absent != nil || no == nil || *no {
		t.Errorf("got %v and %v", absent, no)
	}
}

func TestTablePrefersTheFirstName(t *testing.T) {
	t.Parallel()
	table := code.Table("", map[string]any{"output": "o", "path": "p", "file": int64(1), "server": nil, "": "nobody"})
	if got := table.String("", "path", "file", "output"); got != "p" {
		t.Errorf("got %q, want the value of path", got)
	}
	if got := table.Name("server", "output"); got != "output" {
		t.Errorf("Name returned %q, want output: server has no value", got)
	}
	if table.Has("none") || table.Name("none", "absent") != "none" || table.Has() || table.Name() != "" || table.String("x") != "x" {
		t.Error("a key that isn't there was found")
	}
	table.Ignore("")
	if err := table.Err(); err != nil {
		t.Errorf("a second name is a problem: %v", err)
	}
}

func TestTableReportsEverything(t *testing.T) {
	t.Parallel()
	table := code.Table("setting", map[string]any{
		"port": "x", "hots": "h", "zzz": int64(1), "headers": map[string]any{"b.c": int64(1), "a": true},
		"list": []any{"a", int64(2)}, "sub": map[string]any{"nam": 1},
	})
	_ = table.Int(1, 0, 65535, "port")
	_ = table.String("", "host")
	_ = table.StringMap("headers")
	_ = table.Strings("list")
	table.Problem("port", "is taken by %q", "another")
	sub := table.Table("sub")
	_ = sub.String("", "name")
	sub.Done()
	want := `setting.port: "x" is not a whole number
setting.headers.a: must be text in quotes, not a boolean
setting.headers."b.c": must be text in quotes, not a whole number
setting.list[1]: must be text in quotes, not a whole number
setting.port: is taken by "another"
setting.sub.nam: unknown key, did you mean "name"?
setting.hots: unknown key, did you mean "host"?
setting.zzz: unknown key; known are port, host, headers, list, sub`
	for range 2 { // asking twice doesn't change the answer
		if diff := cmp.Diff(want, table.Err().Error()); diff != "" {
			t.Errorf("problems (-want +got):\n%s", diff)
		}
	}
	if err := code.Table("", map[string]any{"x": 1}).Err(); err == nil || err.Error() != "x: unknown key: nothing can be set here" {
		t.Errorf("error %v", err)
	}
}

func TestTableKeepsAThousandProblems(t *testing.T) {
	t.Parallel()
	table := code.Table("", nil)
	for range 1500 {
		table.Problem("k", "is wrong")
	}
	ps, _ := errors.AsType[setting.Problems](table.Err())
	if len(ps) != 1000 || !strings.HasSuffix(ps.Error(), "\nand 900 more") {
		t.Errorf("%d problems, which end in %.40q", len(ps), ps.Error()[len(ps.Error())-40:])
	}
}

// What a reader knows can be listed, whether it is set or not.
func TestRecorderSeesEveryKey(t *testing.T) {
	t.Parallel()
	var got []setting.Key
	source := setting.NewRecorder(func(table string, key setting.Key) {
		if table != "trace.a.setting" {
			t.Errorf("%v is read in %q", key, table)
		}
		got = append(got, key)
	})
	table := source.Table("trace.a.setting", nil)
	_ = table.Has("maxage")
	_ = table.String("trace.log", "path", "file")
	_ = table.Word("a", []string{"a", "b"}, "mode")
	_ = table.Bool(true, "on")
	_ = table.Int(3, 0, 9, "count")
	_ = table.Float(0.5, 0, 1, "share")
	_ = table.Duration(time.Second, 0, "wait")
	_, _ = table.WordOrDuration("never", []string{"never"}, "fsync")
	_ = table.Size(1024, 0, "most")
	_ = table.Secret("password")
	_ = table.Strings("list")
	_ = table.StringMap("headers")
	want := []setting.Key{
		{Names: []string{"path", "file"}, Type: "text", Default: "trace.log"},
		{Names: []string{"mode"}, Type: "word", Default: "a", Words: []string{"a", "b"}},
		{Names: []string{"on"}, Type: "bool", Default: true},
		{Names: []string{"count"}, Type: "integer", Default: int64(3), Least: int64(0), Most: int64(9)},
		{Names: []string{"share"}, Type: "number", Default: 0.5, Least: 0.0, Most: 1.0},
		{Names: []string{"wait"}, Type: "duration", Default: time.Second, Least: time.Duration(0)},
		{Names: []string{"fsync"}, Type: "word or duration", Default: "never", Words: []string{"never"}},
		{Names: []string{"most"}, Type: "size", Default: int64(1024), Least: int64(0)},
		{Names: []string{"password"}, Type: "text", Default: ""},
		{Names: []string{"list"}, Type: "list of text", Default: []any(nil)},
		{Names: []string{"headers"}, Type: "table of text", Default: map[string]any(nil)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func FuzzSizeAndDuration(f *testing.F) {
	for _, s := range []string{"100MB", "1.5k", " 2 GB", "7d", "1h", "-1", "0x1p4", "inf", "1e400", "B", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		table := code.Table("", map[string]any{"k": s})
		if table.Size(1, 0, "k") < 0 || table.Duration(1, 0, "k") < 0 {
			t.Errorf("%q is read as a negative value", s)
		}
	})
}
