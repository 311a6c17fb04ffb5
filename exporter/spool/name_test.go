package spool

import (
	"strings"
	"testing"
)

func FuzzParseName(f *testing.F) {
	e := entry{seq: 1, created: 1763694000000, spans: 256, size: 131072, crc: 0xdeadbeef}
	f.Add(e.name("otlp"))
	f.Add("v1-0-0-0-0-0.otlp")
	f.Add("v1-ffffffffffffffff-ffffffffffff-99999999999-1-00000000.otlp")
	f.Add("v2-x.otlp")
	f.Fuzz(func(t *testing.T, name string) {
		e, ok := parseName(name, "otlp")
		if !ok {
			return
		}
		if e.name("otlp") != name {
			t.Errorf("%q became %q", name, e.name("otlp"))
		}
		if e.size < 0 || e.spans < 0 || e.created < 0 || e.cost() < minFile {
			t.Errorf("%q is %+v", name, e)
		}
	})
}

func TestNamesSortByNumber(t *testing.T) {
	t.Parallel()
	a, b := entry{seq: 9, created: 5}, entry{seq: 1 << 60, created: 1}
	if a.name("otlp") >= b.name("otlp") {
		t.Errorf("%s is not before %s", a.name("otlp"), b.name("otlp"))
	}
	if got, ok := parseName(b.name("otlp"), "otlp"); !ok || got.seq != b.seq {
		t.Errorf("got %+v, %t", got, ok)
	}
	if _, ok := parseName(b.name("rows"), "otlp"); ok {
		t.Error("a file of another kind was taken")
	}
}

func TestFileName(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, connection := range []string{"a", "a/b", "a%2Fb", ".", "..", "...", "é", "a b", "A"} {
		name := fileName(connection)
		if strings.ContainsAny(name, `/\`) || strings.Trim(name, ".") == "" {
			t.Errorf("%q became %q", connection, name)
		}
		if before, twice := seen[name]; twice {
			t.Errorf("%q and %q both became %q", before, connection, name)
		}
		seen[name] = connection
	}
}
