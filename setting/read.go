package setting

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tracehook/tracehook/internal/nearest"
)

func fine[T any](T) string { return "" }

// String reads a text.
func (t *Table) String(fallback string, names ...string) string {
	return read(t, Key{Names: names, Type: "text", Default: fallback}, asText, fine)
}

// Octal reads permission bits, which are text: 0644 without quotes is another number in each
// format.
func (t *Table) Octal(fallback string, names ...string) string {
	if n, isNumber := t.values[t.Name(names...)].(int64); isNumber && n > 0 {
		if _, written := t.source.raw(under(t.path, Join("", t.Name(names...)))); !written {
			meant := fmt.Sprintf("%04o", n)
			if n > 0o777 {
				meant = fmt.Sprintf("0%d", n)
			}
			t.Problem(Join("", t.Name(names...)), "must be text in quotes: write %s", Known(strconv.Quote(meant)))
			return fallback
		}
	}
	return t.String(fallback, names...)
}

// Secret reads a text that must not be seen. The default is the empty Secret.
func (t *Table) Secret(names ...string) Secret {
	return NewSecret(t.String("", names...))
}

// Word reads one of words, which are in lower case, in any case and returns it in lower case.
func (t *Table) Word(fallback string, words []string, names ...string) string {
	word := read(t, Key{Names: names, Type: "word", Default: fallback, Words: words}, asText, func(s string) string {
		if slices.Contains(words, fold(s)) {
			return ""
		}
		return " is not one of " + strings.Join(words, ", ") + nearest.Hint(s, words)
	})
	if word == fallback {
		return word
	}
	return fold(word)
}

func fold(word string) string { return strings.ToLower(strings.TrimSpace(word)) }

// Bool reads true or false.
func (t *Table) Bool(fallback bool, names ...string) bool {
	return read(t, Key{Names: names, Type: "bool", Default: fallback}, Bool, fine)
}

// OptionalBool reads true or false; nil if the key is absent.
func (t *Table) OptionalBool(names ...string) *bool {
	value := read(t, Key{Names: names, Type: "bool"}, Bool, fine)
	if !t.Has(names...) {
		return nil
	}
	return &value
}

// Int reads a whole number from least to most, both included.
func (t *Table) Int(fallback, least, most int, names ...string) int {
	key := Key{Names: names, Type: "integer", Default: int64(fallback), Least: int64(least), Most: int64(most)}
	return int(read(t, key, asInteger, func(i int64) string {
		if i > int64(most) {
			return fmt.Sprintf(" is too large; the most is %d", most)
		}
		return atLeast(i, int64(least), least)
	}))
}

func atLeast[T int64 | float64](v, least T, shown any) string {
	if v < least {
		return fmt.Sprintf(" is too small; the least is %v", shown)
	}
	return ""
}

// Float reads a number from least to most, both included. [math.MaxFloat64] is no bound.
func (t *Table) Float(fallback, least, most float64, names ...string) float64 {
	key := Key{Names: names, Type: "number", Default: fallback, Least: least}
	if most != math.MaxFloat64 {
		key.Most = most
	}
	return read(t, key, asNumber, func(f float64) string {
		if key.Most != nil && (f < least || f > most) {
			return fmt.Sprintf(" is outside %v..%v", least, most)
		}
		return atLeast(f, least, least)
	})
}

// WordOrDuration reads one of words, as [Table.Word] does, or a duration above 0, which is
// returned beside an empty word.
func (t *Table) WordOrDuration(fallback string, words []string, names ...string) (string, time.Duration) {
	type either struct {
		word     string
		duration time.Duration
	}
	const longestBare = 100 * time.Second
	bare := false
	value := read(t, Key{Names: names, Type: "word or duration", Default: fallback, Words: words}, func(v any) (either, bool) {
		_, bare = asNumber(v)
		if s, ok := v.(string); ok && slices.Contains(words, fold(s)) {
			return either{word: fold(s)}, true
		}
		d, ok := asDuration(v)
		return either{duration: d}, ok
	}, func(e either) string {
		switch {
		case e.word != "":
			return ""
		case bare && e.duration > longestBare && !hours(e.duration):
			return t.meant("seconds", "ms", "milliseconds", "s", e.duration.Seconds(), names)
		}
		return longEnough(1)(e.duration)
	})
	if value == (either{}) {
		return fallback, 0
	}
	return value.word, value.duration
}

// List reads a list of anything; nil if the key is absent. A single text is a list of one, or,
// if it came from the environment, of its parts between commas. The slice belongs to the table.
func (t *Table) List(names ...string) []any {
	return t.list(Key{Names: names, Type: "list", Default: []any(nil)})
}

func (t *Table) list(key Key) []any {
	return read(t, key, func(v any) ([]any, bool) {
		switch v := v.(type) {
		case []any:
			return v, true
		case []string:
			return anyOf(v), true
		case string:
			if t.Variable(t.Name(key.Names...)) == "" {
				return []any{v}, true
			}
			parts := strings.FieldsFunc(v, func(r rune) bool { return r == ',' })
			return slices.DeleteFunc(anyOf(parts), func(part any) bool { return part == "" }), true
		}
		return nil, false
	}, fine)
}

func anyOf(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = strings.TrimSpace(text)
	}
	return list
}

// Strings reads a list of text, as [Table.List] does. The slice is the caller's.
func (t *Table) Strings(names ...string) []string {
	var texts []string
	for i, v := range t.list(Key{Names: names, Type: "list of text", Default: []any(nil)}) {
		if s, ok := v.(string); ok {
			texts = append(texts, s)
		} else if v != nil {
			t.Problem(At(Join("", t.Name(names...)), i), "must be text in quotes, not %s", Kind(v))
		}
	}
	return texts
}

// StringMap reads a table of text. Its problems never show a value: headers are secrets. The
// map is the caller's; it is nil if the key is absent.
func (t *Table) StringMap(names ...string) map[string]string {
	key := Key{Names: names, Type: "table of text", Default: map[string]any(nil)}
	table := read(t, key, asTable, fine)
	if table == nil {
		return nil
	}
	texts := make(map[string]string, len(table))
	for _, name := range slices.Sorted(maps.Keys(table)) {
		path := Join(Join("", t.Name(names...)), name)
		if s, ok := t.asWritten(path, table[name]).(string); ok {
			texts[name] = s
		} else if table[name] != nil {
			t.Problem(path, "must be text in quotes, not %s", Kind(table[name]))
		}
	}
	return texts
}

// Map reads a table of anything; nil if the key is absent. The map belongs to the table.
func (t *Table) Map(names ...string) map[string]any {
	return read(t, Key{Names: names, Type: "table", Default: map[string]any(nil)}, asTable, fine)
}

// Value reads a value of any type, as kind describes it; nil if the key is absent.
func (t *Table) Value(kind string, names ...string) any {
	return read(t, Key{Names: names, Type: kind}, func(v any) (any, bool) { return v, true }, fine)
}

// Table reads the table of that name, which is empty if the key is absent. It adds its problems
// to those of t.
func (t *Table) Table(name string) *Table {
	return t.At(Join("", name), t.Map(name))
}

// At returns a Table of values at a relative path below t. It adds its problems to those of t.
func (t *Table) At(path string, values map[string]any) *Table {
	return &Table{source: t.source, path: under(t.path, path), values: values, problems: t.problems}
}

func asTable(v any) (map[string]any, bool) {
	switch v := v.(type) {
	case map[string]any:
		return v, true
	case map[string]string:
		table := make(map[string]any, len(v))
		for name, text := range v {
			table[name] = text
		}
		return table, true
	}
	return nil, false
}
