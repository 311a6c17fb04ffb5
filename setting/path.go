package setting

import (
	"strconv"
	"strings"
)

// Join appends a key to a key path; an empty path is the top. A key that TOML would quote is
// quoted, so that the key "a.b" isn't mistaken for b in the table a.
func Join(path, key string) string {
	if !bare(key) {
		key = strconv.Quote(key)
	}
	return under(path, key)
}

// At appends the index of a list element to a key path.
func At(path string, i int) string {
	return path + "[" + strconv.Itoa(i) + "]"
}

// under appends a relative key path to a key path.
func under(path, below string) string {
	if path == "" || below == "" || below[0] == '[' {
		return path + below
	}
	return path + "." + below
}

// parent returns path without its last key or index; "" for a path of one key.
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
