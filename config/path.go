package config

import (
	"strconv"
	"strings"
)

// join appends a key to a key path. Keys that TOML would quote are quoted, so that the key
// "a.b" can't be mistaken for b in the table a.
func join(path, key string) string {
	if !bare(key) {
		key = strconv.Quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// at appends the index of a list's element to a key path.
func at(path string, i int) string {
	return path + "[" + strconv.Itoa(i) + "]"
}

// parent returns the key path without its last key or index, "" for a path of one key.
func parent(path string) string {
	last, quoted := 0, false
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '.' || c == '['):
			last = i
		}
	}
	return path[:last]
}

func bare(key string) bool {
	return key != "" && strings.IndexFunc(key, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	}) < 0
}
