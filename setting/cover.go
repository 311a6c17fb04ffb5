package setting

import (
	"fmt"
	"regexp"
)

// covered is what shows a credential wherever it stands: the user info of a URL with all that
// follows, the query of one, and what follows the word for a kind of authorization.
var covered = regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*://)[^\s"'/?#]*@[^\s"']*|([a-z][a-z0-9+.-]*://[^\s"'?]*\?)[^\s"']+|\b((?:bearer|basic)(?:\s|%20)+)[^\s"'$]{6,}`)

// Cover returns text without what is a credential by its form: user and password of a URL and what
// follows them, the query of a URL, and what follows "Bearer" or "Basic". A value in the wrong key is
// shown in an error; a secret in a wrong key must not be.
func Cover(text string) string { return covered.ReplaceAllString(text, "${1}${2}${3}"+hidden) }

// cover is [Cover] for an argument of a message.
func cover(arg any) any {
	switch arg.(type) {
	case Known:
		return arg
	case string, error, fmt.Stringer:
		text := fmt.Sprint(arg)
		if clean := Cover(text); clean != text {
			return clean
		}
	}
	return arg
}
