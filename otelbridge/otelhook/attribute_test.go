package otelhook_test

import (
	"encoding/json"
	"errors"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/hooktest"
)

// attributeOf returns what a span shows of an attribute v; nil if nothing.
func attributeOf(tb testing.TB, v any) any {
	tb.Helper()
	hook, _, exp := newHook(tb)
	hook.Begin(nil, "s", tracehook.Map{"v": v}).End()
	for _, kv := range exp.GetSpans()[0].Attributes {
		if kv.Key == "v" {
			return kv.Value.AsInterface()
		}
	}
	return nil
}

type (
	userID  string
	level   int8
	flag    bool
	ratio   float32
	inner   struct{ A int }
	Mixin   struct{ Mixed string }
	payload struct {
		Mixin
		inner
		Name    string            `json:"name"`
		Secret  string            `json:"-"`
		Empty   string            `json:"empty,omitempty"`
		Tags    map[string]string `json:",omitempty"`
		Next    *payload
		Any     any
		At      time.Time
		private int
	}
)

func TestAttributesOfAnyType(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	one := 1
	var nobody *payload
	tests := []struct {
		name       string
		give, want any
	}{
		{"string", "x", "x"},
		{"int", 1, int64(1)},
		{"int8", int8(1), int64(1)},
		{"int16", int16(1), int64(1)},
		{"int32", int32(1), int64(1)},
		{"int64", int64(1), int64(1)},
		{"uint", uint(1), int64(1)},
		{"uint8", uint8(1), int64(1)},
		{"uint16", uint16(1), int64(1)},
		{"uint32", uint32(1), int64(1)},
		{"uint64", uint64(1), int64(1)},
		{"more than int64", uint64(math.MaxUint64), "18446744073709551615"},
		{"bool", true, true},
		{"float64", 1.5, 1.5},
		{"float32", float32(1.5), 1.5},
		{"nan", math.NaN(), "NaN"},
		{"infinity", float32(math.Inf(-1)), "-Inf"},
		{"complex", complex(1, 2), "(1+2i)"},
		{"time", now, "2026-01-02T03:04:05.000000006Z"},
		{"time pointer", &now, "2026-01-02T03:04:05.000000006Z"},
		{"duration", 1500 * time.Millisecond, "1.5s"},
		{"bytes", []byte("text"), "text"},
		{"bytes that are no text", []byte{0xff, 0}, "/wA="},
		{"strings", []string{"a", "b\xff"}, []string{"a", "b\uFFFD"}},
		{"ints", []int{1, 2}, []int64{1, 2}},
		{"int64s", []int64{1, 2}, []int64{1, 2}},
		{"floats", []float64{1, 2}, []float64{1, 2}},
		{"floats with nan", []float64{1, math.NaN()}, `[1,"NaN"]`},
		{"bools", []bool{true}, []bool{true}},
		{"nil", nil, nil},
		{"nil pointer", nobody, nil},
		{"nil map", map[string]int(nil), nil},
		{"nil slice", []string(nil), nil},
		{"nil bytes", []byte(nil), nil},
		{"pointer", &one, int64(1)},
		{"error", errors.New("bad"), "bad"},
		{"stringer", netip.MustParseAddr("::1"), "::1"},
		{"attribute", attribute.IntValue(3), int64(3)},
		{"named string", userID("u"), "u"},
		{"named int", level(3), int64(3)},
		{"named bool", flag(true), true},
		{"named float", ratio(0.5), 0.5},
		{"pointer size", uintptr(7), int64(7)},
		{"channel", make(chan int), "chan int"},
		{"function", func() {}, "func()"},
		{"map", map[string]any{"b": 1, "a": []any{nil, true, "x\n\"\x01"}}, `{"a":[null,true,"x\n\"\u0001"],"b":1}`},
		{"map with odd keys", map[any]int{1: 1, true: 2, now: 3}, `{"1":1,"2026-01-02T03:04:05.000000006Z":3,"true":2}`},
		{"array", [2]uint8{1, 2}, `[1,2]`},
		{"struct", payload{
			Name: "n", Secret: "s", Any: 1.5, At: now, private: 1, Mixin: Mixin{"m"}, inner: inner{2},
			Next: &payload{Any: make(chan int), Tags: map[string]string{"k": "\xff"}},
		}, `{"Mixed":"m","A":2,"name":"n","Next":{"Mixed":"","A":0,"name":"","Tags":{"k":"` + "\uFFFD" + `"},"Next":null,` +
			`"Any":"chan int","At":"0001-01-01T00:00:00Z"},"Any":1.5,"At":"2026-01-02T03:04:05.000000006Z"}`},
		{"nested bytes", map[string][]byte{"b": {0xff}}, `{"b":"/w=="}`},
		{"nested pointer", []*int{&one, nil}, `[1,null]`},
		{"nested numbers", []any{uint(1), float32(0.1), complex(0, 1)}, `[1,0.1,"complex128"]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, attributeOf(t, tt.give)); diff != "" {
				t.Errorf("attribute (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAttributesAreBounded(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("ä", 1<<19)
	if got := attributeOf(t, large); got != large {
		t.Error("a string of the application's own was cut")
	}
	if got, _ := attributeOf(t, make([]int, 1<<17)).([]int64); len(got) != 1024 {
		t.Errorf("%d elements, want 1024", len(got))
	}
	many := make(map[int]any, 100_000)
	for i := range 100_000 {
		many[i] = i
	}
	for name, v := range map[string]any{
		"composite": []any{large, large}, "map": map[string]any{"a": large, large: 1}, "many": make([]any, 1<<17), "many keys": many,
		"error": errors.New(large), "bytes": []byte(large), "bytes without text": make([]byte, 1<<20), "nested": map[string]any{"k": []any{[]byte(large), errors.New(large)}},
	} {
		got, ok := attributeOf(t, v).(string)
		if !ok || len(got) > 64<<10 || !utf8.ValidString(got) {
			t.Errorf("%s: %d bytes, valid %t", name, len(got), utf8.ValidString(got))
		}
		if len(got) < 60<<10 {
			t.Errorf("%s: only %d bytes", name, len(got))
		}
		if name != "error" && !strings.HasPrefix(name, "bytes") && !json.Valid([]byte(got)) {
			t.Errorf("%s isn't JSON: %.50s ... %s", name, got, got[len(got)-50:])
		}
	}
}

// countedKey is a map's key that counts how often it is written.
type countedKey struct {
	id    int
	count *int
}

func (k countedKey) String() string { *k.count++; return strconv.Itoa(k.id) }

// Of a map that can't fit, no more keys are read than could: keys are the application's code.
func TestAttributesReadNoMoreOfAMapThanFits(t *testing.T) {
	t.Parallel()
	count, large := 0, map[countedKey]bool{}
	for i := range 100_000 {
		large[countedKey{i, &count}] = true
	}
	text, ok := attributeOf(t, large).(string)
	if !ok || len(text) > 64<<10 || !json.Valid([]byte(text)) {
		t.Errorf("a large map became %d bytes", len(text))
	}
	if count > 20_000 {
		t.Errorf("%d keys were read for %d bytes", count, len(text))
	}
}

func TestAttributesThatContainThemselvesEnd(t *testing.T) {
	t.Parallel()
	loop := map[string]any{}
	loop["a"] = loop
	if got, want := attributeOf(t, loop), strings.Repeat(`{"a":`, 8)+`"…"`+strings.Repeat("}", 8); got != want {
		t.Errorf("got %v, want %s", got, want)
	}
	var p any
	p = &p
	if got := attributeOf(t, p); got == nil {
		t.Error("a pointer to itself is gone")
	}
	wide := make([]any, 50)
	for i := range wide {
		wide[i] = wide
	}
	if got, _ := attributeOf(t, wide).(string); !json.Valid([]byte(got)) || len(got) > 64<<10 {
		t.Errorf("%d bytes that may not be JSON", len(got))
	}
}

func TestOddAttributesStayValid(t *testing.T) {
	t.Parallel()
	hook, _, exp := newHook(t)
	hook.Begin(nil, "s", hooktest.OddValues()).End()
	got := exp.GetSpans()[0].Attributes
	if len(got) < 20 {
		t.Errorf("only %d attributes", len(got))
	}
	for _, kv := range got {
		if !utf8.ValidString(string(kv.Key)) || !utf8.ValidString(kv.Value.String()) {
			t.Errorf("%q isn't UTF-8", kv.Key)
		}
		if kv.Key == "stringer" && kv.Value.AsString() != "hooktest.badStringer panicked" {
			t.Errorf("a Stringer that panics became %q", kv.Value.AsString())
		}
	}
}

func TestAttributesComeInTheOrderOfTheirKeys(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 3, 16, 17, 100} {
		given := tracehook.TraceAttrs("s", "k", "t")
		want := []string{"tracehook.service", "tracehook.kind", "tracehook.target"}
		for i := range n {
			key := string([]byte{'a' + byte(i/26), 'a' + byte(i%26)})
			given[key] = i
			want = append(want, key)
		}
		for range 3 {
			hook, _, exp := newHook(t)
			hook.Begin(nil, "s", given).End()
			var got []string
			for _, kv := range exp.GetSpans()[0].Attributes {
				got = append(got, string(kv.Key))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%d keys (-want +got):\n%s", n, diff)
			}
		}
	}
}

func TestReservedAttributesOfOtherTypes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		give tracehook.Map
		want map[string]any
	}{
		{tracehook.Map{"service": userID("u"), "kind": nil, "target": 7}, map[string]any{"tracehook.service": "u", "tracehook.target": "7"}},
		{tracehook.Map{"code": 2.0}, map[string]any{"tracehook.code": int64(2)}},
		{tracehook.Map{"code": 2.5}, map[string]any{"code": 2.5}},
		{tracehook.Map{"code": level(2)}, map[string]any{"tracehook.code": int64(2)}},
		{tracehook.Map{"code": float32(2)}, map[string]any{"tracehook.code": int64(2)}},
		{tracehook.Map{"code": " 2 "}, map[string]any{"tracehook.code": int64(2)}},
		{tracehook.Map{"code": "E42"}, map[string]any{"code": "E42"}},
		{tracehook.Map{"code": nil}, map[string]any{}},
		{tracehook.Map{"code": math.NaN()}, map[string]any{"code": "NaN"}},
		{tracehook.Map{"entry": []string{"a"}}, map[string]any{"tracehook.entry": `["a"]`}},
	}
	for _, tt := range tests {
		hook, _, exp := newHook(t)
		hook.Begin(nil, "s", tt.give).End()
		got := map[string]any{}
		for _, kv := range exp.GetSpans()[0].Attributes {
			got[string(kv.Key)] = kv.Value.AsInterface()
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.give, diff)
		}
	}
}

func FuzzAttributes(f *testing.F) {
	f.Add("key", `{"a":[1,null,{"b":"c"}]}`, []byte("x"), 1.5)
	f.Add("status", `"error"`, []byte{0xff}, math.Inf(1))
	f.Add("", `[[[[[[[[[[[[]]]]]]]]]]]]`, []byte(nil), math.NaN())
	hook, _, exp := newHook(f)
	f.Fuzz(func(t *testing.T, key, doc string, raw []byte, number float64) {
		exp.Reset()
		var v any
		if json.Unmarshal([]byte(doc), &v) != nil {
			v = doc
		}
		m := tracehook.Map{
			key: v, key + "1": raw, "2" + key: number, "nested": map[any]any{key: v, number: raw, doc: []any{key, string(raw)}},
			"kind": string(raw), "code": v,
		}
		hook.Begin(nil, key, m).End(v)
		_ = hook.Trace(nil, key, doc, m)
		for _, s := range exp.GetSpans() {
			if !utf8.ValidString(s.Name) || !utf8.ValidString(s.Status.Description) {
				t.Errorf("name %q or status %q isn't UTF-8", s.Name, s.Status.Description)
			}
			for _, kv := range s.Attributes {
				if text := kv.Value.String(); !utf8.ValidString(string(kv.Key)) || !utf8.ValidString(text) {
					t.Errorf("%q = %q isn't UTF-8", kv.Key, text)
				}
				if kv.Key == "nested" && !json.Valid([]byte(kv.Value.AsString())) {
					t.Errorf("%q isn't JSON", kv.Value.AsString())
				}
			}
		}
	})
}
