package delivery

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMessage bounds what is kept of a destination's words, in bytes.
const maxMessage = 512

// Secrets are texts that must not come out in any message: the values of headers, passwords.
// Destinations like to repeat the token that they didn't accept.
type Secrets []string

// minSecret is the shortest text that is looked for: replacing every "a" would only
// destroy messages.
const minSecret = 4

// Redact returns s with every secret replaced by three asterisks, in whatever case a server repeats
// its letters.
func (secrets Secrets) Redact(s string) string {
	if s == "" {
		return s
	}
	longestFirst := slices.SortedFunc(slices.Values(secrets), func(a, b string) int { return len(b) - len(a) }) // some hold others
	for _, secret := range longestFirst {
		if len(secret) >= minSecret {
			s = replaceFold(s, secret)
		}
	}
	return s
}

// replaceFold replaces a secret without regard to the case of ASCII letters.
func replaceFold(s, secret string) string {
	lower, want := lowerASCII(s), lowerASCII(secret)
	if !strings.Contains(lower, want) {
		return s
	}
	var b strings.Builder
	for {
		i := strings.Index(lower, want)
		if i < 0 {
			return b.String() + s
		}
		b.WriteString(s[:i] + "***")
		s, lower = s[i+len(secret):], lower[i+len(secret):]
	}
}

// lowerASCII keeps the length, which strings.ToLower may change.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// Printable makes one bounded line of what a destination said: secrets and control
// characters replaced, space folded, cut at 512 bytes.
func (secrets Secrets) Printable(s string) string {
	// Redact before cutting: half a secret is one too.
	s = secrets.Redact(s)
	var b strings.Builder
	space := false
	for _, r := range s {
		if unicode.IsSpace(r) || r == 0 {
			space = b.Len() > 0
			continue
		}
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			r = '?'
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		if b.Len()+utf8.RuneLen(r) > maxMessage {
			b.WriteString("...")
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}
