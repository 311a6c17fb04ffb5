package setting

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// Place is where a key stands.
type Place struct {
	// File is the path of the file as it was given, or the name of the environment variable
	// that set the key. It is empty if the origin is unknown.
	File string
	// Line and Column count from 1, in characters (in bytes beyond the 4096th of a line); 0
	// means unknown.
	Line, Column int
}

// Source says where the values of a configuration came from. A nil *Source knows nothing and
// may be used for tables that were made in code. The methods that add to a Source must not be
// called concurrently with any other; all others are safe for concurrent use.
type Source struct {
	file      string
	places    map[string]Place
	variables map[string]variable
	aliases   map[string]string // documented key path -> the one that was written
	unknown   map[string]bool
	record    func(table string, key Key)
}

// variable is the environment variable that a value holds the text of, in whole or in part.
type variable struct{ name, text string }

// NewSource returns a Source for values of the named file; "" is no file.
func NewSource(file string) *Source {
	return &Source{
		file:      file,
		places:    make(map[string]Place),
		variables: make(map[string]variable),
		aliases:   make(map[string]string),
		unknown:   make(map[string]bool),
	}
}

// NewRecorder returns a Source whose tables call record for each key that is read, with the key
// path of the table. It shows which keys a reader knows, whether they are set or not.
func NewRecorder(record func(table string, key Key)) *Source {
	s := NewSource("")
	s.record = record
	return s
}

// SetPlace sets the place of the key at path.
func (s *Source) SetPlace(path string, place Place) { s.places[path] = place }

// SetLine sets the place of the key at path to a line and a column of the file, unless the key
// has a place already.
func (s *Source) SetLine(path string, line, column int) {
	if _, ok := s.places[path]; !ok {
		s.places[path] = Place{File: s.file, Line: line, Column: column}
	}
}

// SetVariable notes that the value at path, which reads text, came from the named environment
// variable, or from the file PATH if the name is file:PATH.
func (s *Source) SetVariable(path, name, text string) { s.variables[path] = variable{name, text} }

// Forget removes what is noted about the keys below path, whose table is replaced as a whole.
func (s *Source) Forget(path string) {
	inside := func(key string) bool {
		rest, ok := strings.CutPrefix(key, path)
		return ok && rest != "" && (rest[0] == '.' || rest[0] == '[')
	}
	maps.DeleteFunc(s.places, func(key string, _ Place) bool { return inside(key) })
	maps.DeleteFunc(s.variables, func(key string, _ variable) bool { return inside(key) })
	maps.DeleteFunc(s.aliases, func(key, _ string) bool { return inside(key) })
	maps.DeleteFunc(s.unknown, func(key string, _ bool) bool { return inside(key) })
}

// SetUnknown notes that the value at path is decided by a machine that isn't this one, such as a
// variable that a check for all machines doesn't read. No problem of such a key is reported.
func (s *Source) SetUnknown(path string) { s.unknown[path] = true }

// Unknown reports whether [Source.SetUnknown] was called for the key at path, or for the table
// around it.
func (s *Source) Unknown(path string) bool {
	if s == nil || len(s.unknown) == 0 {
		return false
	}
	_, unknown := nearestTo(s.unknown, s.Actual(path))
	return unknown
}

// Pointless reports a problem that another machine wouldn't have: one of a value that is unknown.
// That nobody knows the key is true everywhere.
func (s *Source) Pointless(p Problem) bool {
	return s.Unknown(p.Path) && !strings.HasPrefix(p.Message, unknownKey)
}

// unknownKey begins the message about a key that nobody reads.
const unknownKey = "unknown key"

// raw returns the text of the variable that set exactly the key at path.
func (s *Source) raw(path string) (text string, ok bool) {
	if s == nil {
		return "", false
	}
	v, ok := s.variables[s.Actual(path)]
	return v.text, ok
}

// SetAlias notes that the key documented as path was written as another.
func (s *Source) SetAlias(path, written string) { s.aliases[path] = written }

// Actual returns the key path under which the key at path was written.
func (s *Source) Actual(path string) string {
	if s == nil {
		return path
	}
	for prefix := path; prefix != ""; prefix = parent(prefix) {
		if written, ok := s.aliases[prefix]; ok {
			return written + path[len(prefix):]
		}
	}
	return path
}

// Place returns where the key at path stands. A key that wasn't written stands where the table
// around it does; if nothing is known but the file, Line is 0.
func (s *Source) Place(path string) Place {
	if s == nil {
		return Place{}
	}
	if place, ok := nearestTo(s.places, s.Actual(path)); ok {
		return place
	}
	return Place{File: s.file}
}

// Variable returns the name of the environment variable that the value at path, or the table
// around it, came from; "" if there is none.
func (s *Source) Variable(path string) string { return s.variable(path).name }

func (s *Source) variable(path string) variable {
	if s == nil {
		return variable{}
	}
	v, _ := nearestTo(s.variables, s.Actual(path))
	return v
}

// nearestTo returns the entry of path or of the closest table around it.
func nearestTo[V any](m map[string]V, path string) (v V, ok bool) {
	for ; path != "" && !ok; path = parent(path) {
		v, ok = m[path]
	}
	return v, ok
}

// Problem returns a problem of the key at path, with its place. If the value came from an
// environment variable, arguments that show it, or a part of it, are replaced by the name of
// the variable. Arguments are shown as [Cover] leaves them.
func (s *Source) Problem(path, format string, args ...any) Problem {
	path = s.Actual(path)
	v := s.variable(path)
	shown := make([]any, len(args))
	for i, arg := range args {
		if v.name != "" {
			arg = v.hide(arg)
		}
		shown[i] = cover(arg)
	}
	args = shown
	place := s.Place(path)
	return Problem{Path: path, File: place.File, Line: place.Line, Column: place.Column, Message: fmt.Sprintf(format, args...)}
}

// shortest is the length of the shortest part of a value that is looked for within an argument.
const shortest = 6

// hide returns arg without the value of v. An argument that holds a part of the value among
// other text is replaced as a whole.
func (v variable) hide(arg any) any {
	text := fmt.Sprint(arg)
	switch arg.(type) {
	case Known:
		return arg
	case string, error, fmt.Stringer:
	default:
		if text != v.text {
			return arg
		}
	}
	if text == "" || v.text == "" || text == v.shown() {
		return arg
	}
	quoted := strconv.Quote(v.text)
	clean := text
	if len(v.text) >= shortest {
		clean = strings.NewReplacer(v.text, v.shown(), quoted[1:len(quoted)-1], v.shown()).Replace(text)
	}
	switch {
	case strings.Contains(v.text, text), v.partIn(clean):
		return Known(v.shown())
	case clean != text:
		return Known(clean)
	}
	return arg
}

// partIn reports whether text holds the value, or a part of it that has the shortest length.
func (v variable) partIn(text string) bool {
	length := min(shortest, len(v.text))
	for i := range len(v.text) - length + 1 {
		if strings.Contains(text, v.text[i:i+length]) {
			return true
		}
	}
	return false
}

func (v variable) shown() string { return "the value of " + v.origin() }

// fileOrigin begins the name of a variable that is a file.
const fileOrigin = "file:"

func (v variable) origin() string {
	if name, ok := strings.CutPrefix(v.name, fileOrigin); ok {
		return "the file " + name
	}
	return "$" + v.name
}

// Origin says in words where the value at path came from, if not from the configuration itself:
// "$NAME" or "the file PATH"; "" otherwise.
func (s *Source) Origin(path string) string {
	if v := s.variable(path); v.name != "" {
		return v.origin()
	}
	return ""
}

// Known is text of this module, such as the name of a known key. A problem shows it whatever the
// value is that the problem is about, and no verb quotes or cuts it.
type Known string

// Format writes the text.
func (k Known) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(k)) }
