package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tracehook/tracehook/internal/nearest"
	"github.com/tracehook/tracehook/setting"
)

// table reads the keys of one table. Its methods leave *into alone if the key is absent or
// wrong, and note a problem in the latter case.
type table struct {
	d    *decoder
	path string
	m    map[string]any
}

// table returns v as a table, or notes a problem. A nil v has been reported already.
func (d *decoder) table(path string, v any) (table, bool) {
	m, ok := v.(map[string]any)
	if !ok && v != nil {
		d.fail(path, "must be a table, not "+typeName(v))
	}
	return table{d, path, m}, ok
}

func (t table) has(name string) bool {
	_, ok := t.m[name]
	return ok
}

// get returns the value of a key; ok is false if there is none to read.
func (t table) get(name string) (path string, v any, ok bool) {
	v = t.m[name]
	return setting.Join(t.path, name), v, v != nil
}

func (t table) text(name string, into *string) {
	path, v, ok := t.get(name)
	if !ok {
		return
	}
	text, ok := v.(string)
	if !ok {
		t.d.fail(path, "must be text in quotes, not "+typeName(v))
		return
	}
	*into = text
}

func (t table) bool(name string, into *bool) {
	path, v, ok := t.get(name)
	if !ok {
		return
	}
	if b, ok := t.d.asBool(path, v); ok {
		*into = b
		return
	}
	t.d.fail(path, "must be true or false, not "+typeName(v))
}

func (t table) optionalBool(name string, into **bool) {
	if t.m[name] == nil {
		return
	}
	var b bool
	t.bool(name, &b)
	*into = &b
}

func (t table) word(name string, into *string, words ...string) {
	path, v, ok := t.get(name)
	if !ok {
		return
	}
	text, ok := v.(string)
	switch {
	case !ok:
		t.d.fail(path, fmt.Sprintf("must be one of %s, not %s", strings.Join(words, ", "), typeName(v)))
	case !slices.Contains(words, text):
		hint := ""
		if t.d.Variable(path) == "" {
			hint = nearest.Hint(text, words)
		}
		t.d.fail(path, fmt.Sprintf("%s is not one of %s%s", t.d.show(path, text), strings.Join(words, ", "), hint))
	default:
		*into = text
	}
}

// number reads a key of a number's kind. Parse returns its value, kind says what it should be,
// and wrong what is wrong with it, to be put behind the value; "" if nothing is.
func number[T any](t table, name string, into *T, parse func(v any) (T, bool), kind string, wrong func(T) string) {
	path, v, ok := t.get(name)
	if !ok {
		return
	}
	n, ok := parse(v)
	if !ok {
		t.d.fail(path, t.d.what(path, v)+" is not "+kind)
	} else if problem := wrong(n); problem != "" {
		t.d.fail(path, t.d.show(path, v)+problem)
	} else {
		*into = n
	}
}

func (t table) integer(name string, into *int, least, greatest int64) {
	i := int64(*into)
	number(t, name, &i, asInteger, "a whole number", func(i int64) string {
		switch {
		case i < least:
			return fmt.Sprintf(" is too small; the least is %d", least)
		case i > greatest:
			return fmt.Sprintf(" is too large; the most is %d", greatest)
		}
		return ""
	})
	*into = int(i)
}

// rate reads a probability.
func (t table) rate(name string, into *float64) {
	number(t, name, into, asNumber, "a number from 0 to 1", func(f float64) string {
		if f < 0 || f > 1 {
			return " is outside 0..1"
		}
		return ""
	})
}

// duration reads a positive duration.
func (t table) duration(name string, into *time.Duration) {
	number(t, name, into, asDuration, `a duration such as "200ms", or a number of seconds`, func(d time.Duration) string {
		if d <= 0 {
			return " is not longer than 0"
		}
		return ""
	})
}

// below returns the table under a key.
func (t table) below(name string) (table, bool) {
	path, v, ok := t.get(name)
	if !ok {
		return table{}, false
	}
	return t.d.table(path, v)
}

// only notes every key that isn't known.
func (t table) only(keys []key) {
	known := names(keys)
	for _, name := range sortedKeys(t.m) {
		if !slices.Contains(known, name) {
			t.d.fail(setting.Join(t.path, name), "unknown key"+suggest(name, known))
		}
	}
}

// suggest returns the nearest known name, or all of them.
func suggest(name string, known []string) string {
	if hint := nearest.Hint(name, known); hint != "" {
		return hint
	}
	return "; known are " + strings.Join(known, ", ")
}
