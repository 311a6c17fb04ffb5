package delivery

import (
	"net/url"
	"strings"
)

// Place returns what may be shown of an address: SCHEME://HOST:PORT, or HOST:PORT where it has
// no scheme. Paths, queries and user info may hold keys. It doesn't fail: what it is given may
// be what somebody mistyped.
func Place(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if ok && !strings.ContainsAny(scheme, "/?#@") { // otherwise it is of something further behind
		scheme += "://"
	} else {
		scheme, rest = "", address
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	if end := strings.IndexAny(rest, "/?#\\"); end >= 0 {
		rest = rest[:end]
	}
	return scheme + rest
}

// minPart is the shortest part of a path that is taken for a secret: shorter ones are words
// such as "traces", and hiding them would only destroy messages.
const minPart = 8

// SecretsOf returns what a URL may hold of secrets, in the forms in which a server could repeat
// it.
func SecretsOf(u *url.URL) Secrets {
	var secrets Secrets
	for _, path := range []string{u.EscapedPath(), u.Path} {
		for part := range strings.SplitSeq(path, "/") {
			if len(part) >= minPart {
				secrets = append(secrets, part)
			}
		}
	}
	for _, values := range u.Query() {
		for _, value := range values {
			secrets = append(secrets, value, url.QueryEscape(value))
		}
	}
	return secrets
}
