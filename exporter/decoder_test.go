package exporter_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tracehook/tracehook/exporter"
)

func TestDecoderReadsWhatFilesAndEnvironmentsHave(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		give any
		read func(d *exporter.Decoder) any
		want any
	}{
		{"text", "x", func(d *exporter.Decoder) any { return d.String("y", "k") }, "x"},
		{"empty text", "", func(d *exporter.Decoder) any { return d.String("y", "k") }, ""},
		{"bool", true, func(d *exporter.Decoder) any { return d.Bool(false, "k") }, true},
		{"bool as text", "false", func(d *exporter.Decoder) any { return d.Bool(true, "k") }, false},
		{"int", int64(7), func(d *exporter.Decoder) any { return d.Int(1, 0, 9, "k") }, 7},
		{"plain int", 7, func(d *exporter.Decoder) any { return d.Int(1, 0, 9, "k") }, 7},
		{"JSON's int", 7.0, func(d *exporter.Decoder) any { return d.Int(1, 0, 9, "k") }, 7},
		{"int as text", " 7 ", func(d *exporter.Decoder) any { return d.Int(1, 0, 9, "k") }, 7},
		{"float", 0.5, func(d *exporter.Decoder) any { return d.Float(1, 0, 1, "k") }, 0.5},
		{"float from int", int64(1), func(d *exporter.Decoder) any { return d.Float(0, 0, 1, "k") }, 1.0},
		{"float as text", "0.25", func(d *exporter.Decoder) any { return d.Float(0, 0, 1, "k") }, 0.25},
		{"choice in any case", "DAY", func(d *exporter.Decoder) any { return d.Choice("x", []string{"day", "hour"}, "k") }, "day"},
		{"secret", "hunter2", func(d *exporter.Decoder) any { return d.Secret("k").Reveal() }, "hunter2"},
		{"strings", []any{"a", "b"}, func(d *exporter.Decoder) any { return d.Strings("k") }, []string{"a", "b"}},
		{"one string", "a", func(d *exporter.Decoder) any { return d.Strings("k") }, []string{"a"}},
		{"plain strings", []string{"a"}, func(d *exporter.Decoder) any { return d.Strings("k") }, []string{"a"}},
		{"map", map[string]any{"a": "b"}, func(d *exporter.Decoder) any { return d.StringMap("k") }, map[string]string{"a": "b"}},
		{"plain map", map[string]string{"a": "b"}, func(d *exporter.Decoder) any { return d.StringMap("k") }, map[string]string{"a": "b"}},
		{"duration", "1m30s", func(d *exporter.Decoder) any { return d.Duration(0, "k") }, 90 * time.Second},
		{"duration in days", "7d", func(d *exporter.Decoder) any { return d.Duration(0, "k") }, 168 * time.Hour},
		{"duration in seconds", int64(5), func(d *exporter.Decoder) any { return d.Duration(0, "k") }, 5 * time.Second},
		{"duration in parts of a second", 0.5, func(d *exporter.Decoder) any { return d.Duration(0, "k") }, 500 * time.Millisecond},
		{"duration in seconds as text", "0.5", func(d *exporter.Decoder) any { return d.Duration(0, "k") }, 500 * time.Millisecond},
		{"size", int64(1000), func(d *exporter.Decoder) any { return d.Size(0, "k") }, int64(1000)},
		{"size with unit", "100MB", func(d *exporter.Decoder) any { return d.Size(0, "k") }, int64(100 << 20)},
		{"size with part and small unit", "1.5k", func(d *exporter.Decoder) any { return d.Size(0, "k") }, int64(1536)},
		{"size with blank", " 2 GB ", func(d *exporter.Decoder) any { return d.Size(0, "k") }, int64(2 << 30)},
		{"size in tera", "1tb", func(d *exporter.Decoder) any { return d.Size(0, "k") }, int64(1 << 40)},
		{"size in bytes", "12B", func(d *exporter.Decoder) any { return d.Size(0, "k") }, int64(12)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := exporter.NewDecoder("setting", map[string]any{"k": test.give})
			if diff := cmp.Diff(test.want, test.read(d)); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
			if err := d.Err(); err != nil {
				t.Error(err)
			}
			empty := exporter.NewDecoder("setting", nil)
			_ = test.read(empty)
			if err := empty.Err(); err != nil {
				t.Errorf("an absent key is a problem: %v", err)
			}
		})
	}
}

func TestDecoderRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		give any
		read func(d *exporter.Decoder) any
		back any
		want string
	}{
		{"number for text", int64(7), func(d *exporter.Decoder) any { return d.String("y", "k") }, "y", "want a text in quotes, have 7"},
		{"table for text", map[string]any{}, func(d *exporter.Decoder) any { return d.String("y", "k") }, "y", "want a text in quotes, have a table"},
		{"text for bool", "yes", func(d *exporter.Decoder) any { return d.Bool(true, "k") }, true, `want true or false, have "yes"`},
		{"list for bool", []any{true}, func(d *exporter.Decoder) any { return d.Bool(true, "k") }, true, `want true or false, have a list`},
		{"fraction for int", 1.5, func(d *exporter.Decoder) any { return d.Int(1, 0, 9, "k") }, 1, "want a whole number, have 1.5"},
		{"int out of bounds", int64(10), func(d *exporter.Decoder) any { return d.Int(1, 0, 9, "k") }, 1, "want a whole number from 0 to 9, have 10"},
		{"negative int", int64(-1), func(d *exporter.Decoder) any { return d.Int(1, 0, math.MaxInt, "k") }, 1, "want a whole number of at least 0, have -1"},
		{"float out of bounds", 1.5, func(d *exporter.Decoder) any { return d.Float(1, 0, 1, "k") }, 1.0, "want a number from 0 to 1, have 1.5"},
		{"NaN", math.NaN(), func(d *exporter.Decoder) any { return d.Float(1, 0, 1, "k") }, 1.0, "want a number, have NaN"},
		{"infinity as text", "inf", func(d *exporter.Decoder) any { return d.Float(1, 0, 1, "k") }, 1.0, "want a number from 0 to 1, have +Inf"},
		{"wrong choice", "week", func(d *exporter.Decoder) any { return d.Choice("x", []string{"day", "hour"}, "k") }, "x", `want one of day, hour, have "week"`},
		{"number for secret", int64(31337), func(d *exporter.Decoder) any { return d.Secret("k").Reveal() }, "", "want a text in quotes, have a number"},
		{"number for list", int64(1), func(d *exporter.Decoder) any { return len(d.Strings("k")) }, 0, "want a list of texts, have a number"},
		{"text for map", "hunter2", func(d *exporter.Decoder) any { return len(d.StringMap("k")) }, 0, "want a table of texts, have a text"},
		{"unit that isn't one", "10QB", func(d *exporter.Decoder) any { return d.Size(5, "k") }, int64(5), `want a size such as "100MB" or a number of bytes, have "10QB"`},
		{"units without a number", "MB", func(d *exporter.Decoder) any { return d.Size(5, "k") }, int64(5), `want a size such as "100MB" or a number of bytes, have "MB"`},
		{"two units", "1MK", func(d *exporter.Decoder) any { return d.Size(5, "k") }, int64(5), `want a size such as "100MB" or a number of bytes, have "1MK"`},
		{"size beyond all", "9e30", func(d *exporter.Decoder) any { return d.Size(5, "k") }, int64(5), `want a size such as "100MB" or a number of bytes, have "9e30"`},
		{"negative size", "-1k", func(d *exporter.Decoder) any { return d.Size(5, "k") }, int64(5), `want a size that is not negative, have "-1k"`},
		{"fraction of a byte", 1.5, func(d *exporter.Decoder) any { return d.Size(5, "k") }, int64(5), `want a size such as "100MB" or a number of bytes, have 1.5`},
		{"no duration", "soon", func(d *exporter.Decoder) any { return d.Duration(5, "k") }, time.Duration(5), `want a duration such as "200ms", "5s" or "7d", or a number of seconds, have "soon"`},
		{"half a day", "0.5d", func(d *exporter.Decoder) any { return d.Duration(5, "k") }, time.Duration(5), `want a duration such as "200ms", "5s" or "7d", or a number of seconds, have "0.5d"`},
		{"too many days", "999999d", func(d *exporter.Decoder) any { return d.Duration(5, "k") }, time.Duration(5), `want a duration such as "200ms", "5s" or "7d", or a number of seconds, have "999999d"`},
		{"too many seconds", 1e300, func(d *exporter.Decoder) any { return d.Duration(5, "k") }, time.Duration(5), `want a duration such as "200ms", "5s" or "7d", or a number of seconds, have 1e+300`},
		{"negative duration", "-1s", func(d *exporter.Decoder) any { return d.Duration(5, "k") }, time.Duration(5), `want a duration that is not negative, have "-1s"`},
		{"bool for duration", true, func(d *exporter.Decoder) any { return d.Duration(5, "k") }, time.Duration(5), `want a duration such as "200ms", "5s" or "7d", or a number of seconds, have true`},
		{"nothing", nil, func(d *exporter.Decoder) any { return d.String("y", "k") }, "y", "want a text in quotes, have nothing"},
		{"something else", struct{}{}, func(d *exporter.Decoder) any { return d.String("y", "k") }, "y", "want a text in quotes, have a value of type struct {}"},
		{"long text", strings.Repeat("a", 1<<20), func(d *exporter.Decoder) any { return d.Bool(true, "k") }, true, `want true or false, have "` + strings.Repeat("a", 64) + `" and 1048512 more bytes`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := exporter.NewDecoder("setting", map[string]any{"k": test.give})
			if diff := cmp.Diff(test.back, test.read(d)); diff != "" {
				t.Errorf("fallback (-want +got):\n%s", diff)
			}
			var key *exporter.KeyError
			if err := d.Err(); !errors.As(err, &key) {
				t.Fatalf("error %v, want a KeyError", err)
			}
			if diff := cmp.Diff(&exporter.KeyError{Key: "setting.k", Problem: test.want}, key); diff != "" {
				t.Errorf("problem (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecoderPrefersTheStrongerName(t *testing.T) {
	t.Parallel()
	d := exporter.NewDecoder("", map[string]any{"output": "o", "path": "p", "file": int64(1)})
	if got := d.String("", "path", "file", "output"); got != "p" {
		t.Errorf("got %q, want the value of path", got)
	}
	if got := d.Key("file", "output"); got != "file" {
		t.Errorf("Key returned %q, want file", got)
	}
	if d.Has("none") || d.Key("none", "absent") != "none" || d.Has() {
		t.Error("a key that isn't there was found")
	}
	if err := d.Err(); err != nil {
		t.Errorf("a weaker name is a problem: %v", err)
	}
}

func TestDecoderReportsEverything(t *testing.T) {
	t.Parallel()
	d := exporter.NewDecoder("setting", map[string]any{
		"port": "x", "hots": "h", "zzz": int64(1), "headers": map[string]any{"b": int64(1), "a": true}, "list": []any{"a", int64(2)},
	})
	_ = d.Int(1, 0, 65535, "port")
	_ = d.String("", "host")
	_ = d.StringMap("headers")
	_ = d.Strings("list")
	d.Problem("port", "is taken by %q", "another")
	want := `setting.port: want a whole number, have "x"
setting.headers.a: want a text in quotes, have true or false
setting.headers.b: want a text in quotes, have a number
setting.list[1]: want a text in quotes, have a number
setting.port: is taken by "another"
setting.hots: unknown key, did you mean "host"?
setting.zzz: unknown key; known are headers, host, list, port`
	if diff := cmp.Diff(want, d.Err().Error()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, d.Err().Error()); diff != "" {
		t.Errorf("asking twice changes the answer:\n%s", diff)
	}
	if err := exporter.NewDecoder("", map[string]any{"x": 1}).Err(); err == nil || err.Error() != "x: unknown key: nothing can be set here" {
		t.Errorf("error %v", err)
	}
}

// A driver's keys can be listed: the error about an unknown one has them all.
func TestDecoderKnowsItsKeys(t *testing.T) {
	t.Parallel()
	d := exporter.NewDecoder("setting", map[string]any{"zzz": true})
	if d.Has("maxage") || d.Key("file") != "file" {
		t.Error("a key that isn't there was found")
	}
	_ = d.String("trace.log", "path", "file")
	_ = d.Choice("a", []string{"a", "b"}, "mode")
	_ = d.Bool(true, "on")
	_ = d.Int(3, 0, 9, "count")
	_ = d.Float(0.5, 0, 1, "share")
	_ = d.Duration(time.Second, "wait")
	_ = d.Duration(time.Minute, "wait") // the first counts
	_ = d.Size(1024, "most")
	_ = d.Secret("password")
	_ = d.Strings("list")
	_ = d.StringMap("headers")
	key, ok := errors.AsType[*exporter.KeyError](d.Err())
	if !ok {
		t.Fatal("an unknown key is no KeyError")
	}
	want := []exporter.Key{
		{Names: []string{"maxage"}},
		{Names: []string{"file", "path"}, Type: "text", Default: "trace.log"},
		{Names: []string{"mode"}, Type: "word", Default: "a", Words: []string{"a", "b"}},
		{Names: []string{"on"}, Type: "bool", Default: true},
		{Names: []string{"count"}, Type: "integer", Default: 3},
		{Names: []string{"share"}, Type: "number", Default: 0.5},
		{Names: []string{"wait"}, Type: "duration", Default: time.Second},
		{Names: []string{"most"}, Type: "size", Default: int64(1024)},
		{Names: []string{"password"}, Type: "text", Default: ""},
		{Names: []string{"list"}, Type: "list of text", Default: []string(nil)},
		{Names: []string{"headers"}, Type: "table of text", Default: map[string]string(nil)},
	}
	if diff := cmp.Diff(want, key.Known); diff != "" {
		t.Errorf("known keys (-want +got):\n%s", diff)
	}
	key.Known[1].Names[0] = "changed"
	again, _ := errors.AsType[*exporter.KeyError](d.Err())
	if again.Known[1].Names[0] != "file" {
		t.Error("the caller's change of Known came back")
	}
}

func FuzzParseSizeAndDuration(f *testing.F) {
	for _, s := range []string{"100MB", "1.5k", " 2 GB", "7d", "1h", "-1", "0x1p4", "inf", "1e400", "B", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := exporter.NewDecoder("", map[string]any{"k": s})
		if d.Size(1, "k") < 0 || d.Duration(1, "k") < 0 {
			t.Errorf("%q is read as a negative value", s)
		}
	})
}
