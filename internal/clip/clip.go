// Package clip shortens texts without cutting a character in two.
package clip

import "unicode/utf8"

// Head returns s, or its first bytes if it has more than most of them.
func Head(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
