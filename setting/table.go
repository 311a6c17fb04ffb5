package setting

import (
	"maps"
	"slices"
	"strings"

	"github.com/tracehook/tracehook/internal/nearest"
)

// Table reads the keys of one table and collects everything that is wrong with them.
//
// Each reading method takes a default and the names of a key: the first name that the table
// has decides. A value of the wrong type or outside its bounds is a problem, and the default is
// returned, so that one pass finds every problem. A value of nil counts as absent.
// [Table.Err] adds the keys that no method asked for. A Table is for one goroutine.
type Table struct {
	source   *Source
	path     string
	values   map[string]any
	known    []string
	ignored  []string
	done     bool
	problems *Problems
}

// Table returns a Table of values, which it doesn't change; nil is empty. Path is where the
// table stands, such as "trace.file.setting".
func (s *Source) Table(path string, values map[string]any) *Table {
	return &Table{source: s, path: path, values: values, problems: new(Problems)}
}

// Err returns all problems so far as [Problems], or nil: those of the values in the order in
// which they were read, then the unknown keys in alphabetical order. Call it after the last key
// has been read.
func (t *Table) Err() error {
	t.Done()
	if len(*t.problems) == 0 {
		return nil
	}
	return slices.Clone(*t.problems)
}

// Done adds the unknown keys to the problems. Err calls it for the table itself; call it for
// each table that [Table.Table] returned.
func (t *Table) Done() {
	if t.done {
		return
	}
	t.done = true
	for _, key := range t.Unknown() {
		t.Problem(Join("", key), unknownKey+"%s", Known(t.suggest(key)))
	}
}

// Unknown returns the keys that no method asked for so far, in alphabetical order.
func (t *Table) Unknown() []string {
	return slices.DeleteFunc(t.Keys(), func(key string) bool { return slices.Contains(t.known, key) || slices.Contains(t.ignored, key) })
}

// Ignore takes keys for known, but not for what a misspelled key could have been.
func (t *Table) Ignore(keys ...string) { t.ignored = append(t.ignored, keys...) }

// suggest returns the known name that key was probably meant to be, or all of them.
func (t *Table) suggest(key string) string {
	if hint := nearest.Hint(key, t.known); hint != "" {
		return hint
	}
	if len(t.known) == 0 {
		return ": nothing can be set here"
	}
	return "; known are " + strings.Join(t.known, ", ")
}

// Len returns how many problems there are so far, in t and in the tables that share them with t.
func (t *Table) Len() int { return len(*t.problems) }

// Path returns the key path of the table.
func (t *Table) Path() string { return t.path }

// Keys returns the keys that the table has, in alphabetical order.
func (t *Table) Keys() []string { return slices.Sorted(maps.Keys(t.values)) }

// Problem adds a problem of the key at the relative path key, for what only the caller can
// judge. As with [Source.Problem], arguments don't show what came from the environment.
func (t *Table) Problem(key, format string, args ...any) {
	t.add(t.source.Problem(under(t.path, key), format, args...))
}

// ProblemHere is [Table.Problem] for what another machine may have right: a directory, a
// certificate, the rights of a user.
func (t *Table) ProblemHere(key, format string, args ...any) {
	p := t.source.Problem(under(t.path, key), format, args...)
	p.Here = true
	t.add(p)
}

func (t *Table) add(p Problem) {
	if !t.source.Pointless(p) {
		t.problems.Add(p)
	}
}

// Add adds problems that have their place already.
func (t *Table) Add(problems ...Problem) { t.problems.Add(problems...) }

// Has reports whether the table has a value for one of names. The names count as known.
func (t *Table) Has(names ...string) bool {
	t.know(names)
	return slices.ContainsFunc(names, func(name string) bool { return t.values[name] != nil })
}

// Name returns the name that decides: the first of names that the table has, or the first of
// all if it has none. The names count as known.
func (t *Table) Name(names ...string) string {
	t.know(names)
	for _, name := range names {
		if t.values[name] != nil {
			return name
		}
	}
	return strings.Join(names[:min(1, len(names))], "")
}

// Variable returns the name of the environment variable that the value of key came from; "" if
// there is none.
func (t *Table) Variable(key string) string { return t.source.Variable(Join(t.path, key)) }

func (t *Table) know(names []string) {
	for _, name := range names {
		if !slices.Contains(t.known, name) {
			t.known = append(t.known, name)
		}
	}
}

// find returns the value of key and the name that it has; ok is false if there is none.
func (t *Table) find(key Key) (name string, v any, ok bool) {
	if t.source != nil && t.source.record != nil {
		t.source.record(t.path, key)
	}
	name = t.Name(key.Names...)
	v = t.values[name]
	if key.Type == "text" || key.Type == "word" {
		v = t.asWritten(Join("", name), v)
	}
	ok = v != nil && len(key.Names) > 0
	if ok && key.Type != "text" && t.source.Unknown(Join(t.path, name)) {
		ok = false
	}
	return name, v, ok
}

// asWritten returns v, or, if v is no text and a variable set exactly the key at the relative path,
// the text of the variable: where text is wanted, 12345 and true are text.
func (t *Table) asWritten(path string, v any) any {
	if _, isText := v.(string); isText || v == nil {
		return v
	}
	if text, ok := t.source.raw(under(t.path, path)); ok {
		return text
	}
	return v
}

// read reads key. Parse returns a value of the key's type, and wrong what is wrong with it, to
// be put behind the value; "" if nothing is.
func read[T any](t *Table, key Key, parse func(any) (T, bool), wrong func(T) string) T {
	fallback, _ := key.Default.(T)
	name, v, ok := t.find(key)
	if !ok {
		return fallback
	}
	shown := describe(v)
	variable := t.Variable(name)
	if variable != "" && shown != Kind(v) {
		shown = "the value of " + t.source.Origin(Join(t.path, name))
	}
	value, ok := parse(v)
	var problem string
	if !ok {
		problem = key.refuse(shown, Kind(v))
		if strings.HasPrefix(problem, "must be") && variable != "" && t.source.Place(Join(t.path, name)).File != variable {
			problem = shown + " " + problem // the place is that of ${...} in a file
		}
	} else if problem = wrong(value); problem != "" {
		problem = shown + problem
	}
	if problem != "" {
		t.add(t.source.Problem(Join(t.path, name), "%s", Known(problem)))
		return fallback
	}
	return value
}

// Below returns the value of key in the table called name, and whether there is such a table.
// Neither name counts as known.
func (t *Table) Below(name, key string) (value any, ok bool) {
	below, ok := t.values[name].(map[string]any)
	return below[key], ok
}
