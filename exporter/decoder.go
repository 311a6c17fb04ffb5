package exporter

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tracehook/tracehook/internal/nearest"
)

// Decoder reads a driver's settings and collects all that is wrong with them.
//
// Each method takes a default and the names of a key, the strongest first: the first
// name that the table has decides, and its aliases are accepted. A value of the wrong
// type or outside its bounds is a problem, and the default is returned, so that one pass
// finds every problem. [Decoder.Err] adds the keys that no method asked for. A Decoder is
// for one goroutine.
type Decoder struct {
	table    map[string]any
	prefix   string
	known    []Key
	problems []error
}

// NewDecoder returns a Decoder of table, which it doesn't change; nil is empty. Prefix is
// where the table stands, such as "setting"; it is put before each key in an error.
func NewDecoder(prefix string, table map[string]any) *Decoder {
	return &Decoder{prefix: prefix, table: table}
}

// Err returns all problems so far, joined, each a [*KeyError]: first those of the values in
// the order in which they were read, then the unknown keys in alphabetical order. Call it
// after the last key has been read.
func (d *Decoder) Err() error {
	problems := slices.Clone(d.problems)
	var names []string
	for _, key := range d.known {
		names = append(names, key.Names...)
	}
	for _, key := range slices.Sorted(maps.Keys(d.table)) {
		if slices.Contains(names, key) {
			continue
		}
		problem := "unknown key"
		if hint := nearest.Hint(key, names); hint != "" {
			problem += hint
		} else if len(names) > 0 {
			problem += "; known are " + strings.Join(slices.Sorted(slices.Values(names)), ", ")
		} else {
			problem += ": nothing can be set here"
		}
		problems = append(problems, &KeyError{Key: d.path(key), Problem: problem, Known: cloneKeys(d.known)})
	}
	return errors.Join(problems...)
}

// Problem adds a problem of a key, for what only the caller can judge.
func (d *Decoder) Problem(key, format string, args ...any) {
	d.problems = append(d.problems, &KeyError{Key: d.path(key), Problem: fmt.Sprintf(format, args...)})
}

// Key returns the name that decides: the first of keys that the table has, or the first
// of all if it has none. The names count as known.
func (d *Decoder) Key(keys ...string) string {
	key, _, _ := d.find(Key{}, keys)
	return key
}

// Has reports whether the table has one of keys. The names count as known.
func (d *Decoder) Has(keys ...string) bool {
	_, _, ok := d.find(Key{}, keys)
	return ok
}

// String reads a text. Numbers and booleans are refused: a quote was forgotten.
func (d *Decoder) String(fallback string, keys ...string) string {
	key, value, ok := d.find(Key{Type: "text", Default: fallback}, keys)
	if !ok {
		return fallback
	}
	s, ok := value.(string)
	if !ok {
		d.Problem(key, "want a text in quotes, have %s", describe(value))
		return fallback
	}
	return s
}

// Choice reads one of the allowed words, in any case, and returns it in lower case.
func (d *Decoder) Choice(fallback string, allowed []string, keys ...string) string {
	key, value, ok := d.find(Key{Type: "word", Default: fallback, Words: allowed}, keys)
	if !ok {
		return fallback
	}
	s, ok := value.(string)
	if ok && slices.Contains(allowed, strings.ToLower(s)) {
		return strings.ToLower(s)
	}
	d.Problem(key, "want one of %s, have %s", strings.Join(allowed, ", "), describe(value))
	return fallback
}

// Bool reads true or false; the texts "true" and "false" count, as environment variables
// have nothing else.
func (d *Decoder) Bool(fallback bool, keys ...string) bool {
	key, value, ok := d.find(Key{Type: "bool", Default: fallback}, keys)
	if !ok {
		return fallback
	}
	switch value {
	case true, "true":
		return true
	case false, "false":
		return false
	}
	d.Problem(key, "want true or false, have %s", describe(value))
	return fallback
}

// Secret reads a text that must not be seen. Its problems never show the value.
func (d *Decoder) Secret(keys ...string) Secret {
	key, value, ok := d.find(Key{Type: "text", Default: ""}, keys)
	if !ok {
		return Secret{}
	}
	s, ok := value.(string)
	if !ok {
		d.Problem(key, "want a text in quotes, have %s", kindOf(value))
	}
	return NewSecret(s)
}

// Strings reads a list of texts; one text is a list of one. The slice is the caller's.
func (d *Decoder) Strings(keys ...string) []string {
	key, value, ok := d.find(Key{Type: "list of text", Default: []string(nil)}, keys)
	if !ok {
		return nil
	}
	switch value := value.(type) {
	case string:
		return []string{value}
	case []string:
		return slices.Clone(value)
	case []any:
		list := make([]string, 0, len(value))
		for i, element := range value {
			s, ok := element.(string)
			if !ok {
				d.Problem(fmt.Sprintf("%s[%d]", key, i), "want a text in quotes, have %s", kindOf(element))
				continue
			}
			list = append(list, s)
		}
		return list
	}
	d.Problem(key, "want a list of texts, have %s", kindOf(value))
	return nil
}

// StringMap reads a table of texts. Its problems never show a value: headers are secrets.
// The map is the caller's; it is nil if the key is absent.
func (d *Decoder) StringMap(keys ...string) map[string]string {
	key, value, ok := d.find(Key{Type: "table of text", Default: map[string]string(nil)}, keys)
	if !ok {
		return nil
	}
	table, ok := value.(map[string]any)
	if !ok {
		if texts, isTexts := value.(map[string]string); isTexts {
			return maps.Clone(texts)
		}
		d.Problem(key, "want a table of texts, have %s", kindOf(value))
		return nil
	}
	texts := make(map[string]string, len(table))
	for _, name := range slices.Sorted(maps.Keys(table)) {
		s, ok := table[name].(string)
		if !ok {
			d.Problem(key+"."+name, "want a text in quotes, have %s", kindOf(table[name]))
			continue
		}
		texts[name] = s
	}
	return texts
}

// find looks one of keys up and notes that they are known, of what type, and the default.
func (d *Decoder) find(as Key, keys []string) (key string, value any, ok bool) {
	if len(keys) == 0 {
		return "", nil, false
	}
	as.Names = keys
	d.know(as)
	for _, name := range keys {
		if value, ok := d.table[name]; ok {
			return name, value, true
		}
	}
	return keys[0], nil, false
}

func (d *Decoder) path(key string) string {
	if d.prefix == "" {
		return key
	}
	return d.prefix + "." + key
}

// longestShown is how many bytes of a wrong value an error shows.
const longestShown = 64

// describe says what value is, in the words of a configuration file.
func describe(value any) string {
	switch value := value.(type) {
	case string:
		if len(value) > longestShown {
			return fmt.Sprintf("%q and %d more bytes", value[:longestShown], len(value)-longestShown)
		}
		return fmt.Sprintf("%q", value)
	case bool, int, int64, float64:
		return fmt.Sprint(value)
	}
	return kindOf(value)
}

// kindOf says what kind of value it is, without showing it.
func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "nothing"
	case string:
		return "a text"
	case bool:
		return "true or false"
	case int, int64, float64:
		return "a number"
	case []any, []string:
		return "a list"
	case map[string]any, map[string]string:
		return "a table"
	}
	return fmt.Sprintf("a value of type %T", value)
}
