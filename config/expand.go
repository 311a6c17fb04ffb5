package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// mostNested is how deep ${A:-${B}} may nest.
const mostNested = 8

// maxSecret bounds a file that ${file:PATH} names.
const maxSecret = 64 << 10

// expansion replaces references in one text.
type expansion struct {
	lookup func(string) (string, bool)
	// hermetic says that files are not read, and that a variable which isn't set is unknown.
	hermetic bool
	names    []string // of the variables and files that were read
	empty    []string // of the variables that are set, but empty
	unknown  bool
	here     bool // the error depends on the machine
}

// text expands s up to its end, or up to the brace that closes the reference around it, and
// returns the rest behind that. What a variable holds is not expanded again.
func (e *expansion) text(s string, depth int) (expanded, rest string, err error) {
	var b strings.Builder
	for {
		i := strings.Index(s, "${")
		if end := strings.IndexByte(s, '}'); depth > 0 && end >= 0 && (i < 0 || end < i) {
			b.WriteString(s[:end])
			return b.String(), s[end+1:], nil
		}
		switch {
		case i < 0 && depth > 0:
			return "", "", errors.New("has a ${ without a }; write $${ for the text ${")
		case i < 0:
			b.WriteString(s)
			return b.String(), "", nil
		case i > 0 && s[i-1] == '$':
			b.WriteString(s[:i-1] + "${")
			s = s[i+2:]
			continue
		case depth == mostNested:
			return "", "", fmt.Errorf("nests ${...} more than %d levels deep", mostNested)
		}
		b.WriteString(s[:i])
		value, behind, err := e.reference(s[i+2:], depth+1)
		if err != nil {
			return "", "", err
		}
		b.WriteString(value)
		if b.Len() > maxSize {
			return "", "", fmt.Errorf("becomes longer than %d MiB, which no configuration is", maxSize>>20)
		}
		s = behind
	}
}

// reference expands what stands behind ${ and returns the rest behind its brace.
func (e *expansion) reference(s string, depth int) (value, rest string, err error) {
	name, behind, closed := strings.Cut(s, "}")
	if !closed {
		return "", "", errors.New("has a ${ without a }; write $${ for the text ${")
	}
	if strings.HasPrefix(s, "file:") {
		inside, rest, err := e.text(s[len("file:"):], depth)
		if err != nil {
			return "", "", err
		}
		value, err := e.file(inside)
		return value, rest, err
	}
	name, _, optional := strings.Cut(name, ":-")
	if !variableName(name) {
		return "", "", errors.New("has a ${...} that names no environment variable; " + habit(name))
	}
	rest = behind
	value, set := e.lookup(name)
	switch {
	case optional && value != "": // the default is passed over: what it names need not exist
		unused := &expansion{lookup: func(string) (string, bool) { return "", true }, hermetic: true}
		if _, rest, err = unused.text(s[len(name)+len(":-"):], depth); err != nil {
			return "", "", err
		}
	case optional:
		if value, rest, err = e.text(s[len(name)+len(":-"):], depth); err != nil {
			return "", "", err
		}
	case !set && e.hermetic:
		e.unknown = true
	case !set:
		e.here = true
		return "", "", fmt.Errorf("the environment variable %s is not set; set it, or write ${%s:-} for an empty text", name, name)
	case value == "":
		e.empty = append(e.empty, name)
	}
	e.names = append(e.names, name)
	return value, rest, nil
}

// file reads a secret from a file, without the line break at its end.
func (e *expansion) file(path string) (string, error) {
	if strings.TrimSpace(path) == "" {
		return "", errors.New("has a ${file:} without a path")
	}
	if e.hermetic {
		e.unknown = true
		return "", nil
	}
	e.here = true
	refuse := func(err error) (string, error) {
		return "", fmt.Errorf("the file %s can't be read: %w", path, cause(err))
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return refuse(err)
	case !info.Mode().IsRegular():
		return refuse(errors.New("it is not a regular file"))
	}
	f, err := os.Open(path)
	if err != nil {
		return refuse(err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	switch {
	case err != nil:
		return refuse(err)
	case len(data) > maxSecret:
		return refuse(fmt.Errorf("it is larger than %d KiB", maxSecret>>10))
	case !utf8.Valid(data):
		return refuse(errors.New("it is not UTF-8"))
	}
	e.here = false
	e.names = append(e.names, "file:"+path)
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), nil
}

func variableName(name string) bool {
	for i, r := range name {
		letter := r == '_' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

// habit says what is written here for what a name looks like: ${env:A} of a Collector, ${A-b} and
// ${A:?b} of a shell.
func habit(name string) string {
	if own, ok := strings.CutPrefix(name, "env:"); ok && variableName(own) {
		return "write ${" + own + "}"
	}
	if i := strings.IndexAny(name, ":-=?+"); i > 0 && variableName(name[:i]) {
		return "write ${" + name[:i] + "}, or ${" + name[:i] + ":-text} for a default"
	}
	return "write $${ for the text ${"
}
