package config

import (
	"errors"
	"fmt"
	"strings"
)

// expand replaces ${NAME} by the environment variable NAME and ${NAME:-text} by text if NAME
// is unset or empty. $${ is a literal ${, and a $ before anything else is itself. What a
// variable holds is not expanded again. It returns the names that it has read.
func expand(s string, lookup func(string) (string, bool)) (expanded string, names []string, err error) {
	var b strings.Builder
	for {
		i := strings.Index(s, "${")
		if i < 0 {
			b.WriteString(s)
			return b.String(), names, nil
		}
		if i > 0 && s[i-1] == '$' {
			b.WriteString(s[:i-1] + "${")
			s = s[i+2:]
			continue
		}
		b.WriteString(s[:i])
		inside, rest, ok := strings.Cut(s[i+2:], "}")
		if !ok {
			return "", nil, errors.New("has a ${ without a }; write $${ for the text ${")
		}
		name, otherwise, optional := strings.Cut(inside, ":-")
		if !variableName(name) {
			return "", nil, errors.New("has a ${...} that names no environment variable; write $${ for the text ${")
		}
		value, set := lookup(name)
		switch {
		case optional && value == "":
			value = otherwise
		case !set:
			return "", nil, fmt.Errorf("the environment variable %s is not set; set it, or write ${%s:-} for an empty text", name, name)
		}
		b.WriteString(value)
		names = append(names, name)
		s = rest
	}
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
