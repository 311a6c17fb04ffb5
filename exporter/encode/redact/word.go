package redact

import "strings"

// The words that tokens and passwords begin with are looked for before a regular expression is: most
// texts have none, and an expression takes a hundred times as long.

// tokenWord returns where the first token may begin at or behind from; -1 if there is none.
func tokenWord(s string, from int) int {
	for i := from; i+shortestToken <= len(s); i++ {
		if c := s[i]; beginsToken[c] && (i == from || c == '-' || !isWordByte(s[i-1])) && tokenAt(s[i:]) {
			return i
		}
	}
	return -1
}

// shortestToken is the length of the shortest token, with the word for its scheme: "basic 12345678".
const shortestToken = 14

// beginsToken has the first bytes of tokens.
var beginsToken = setOf("bBegxAsrpn-") //nolint:gochecknoglobals // a table

// tokenAt reports whether s begins as a token does.
func tokenAt(s string) bool {
	switch s[0] {
	case 'b', 'B':
		return hasPrefixFold(s, "bearer") && credentialAt(s[len("bearer"):]) || hasPrefixFold(s, "basic") && credentialAt(s[len("basic"):])
	case 'e':
		return s[1] == 'y' && s[2] == 'J'
	case 'g':
		return s[1] == 'h' && s[3] == '_' || strings.HasPrefix(s, "github_pat_") || strings.HasPrefix(s, "glpat-")
	case 'x':
		return s[1] == 'o' && s[2] == 'x'
	case 'A':
		return s[2:4] == "IA" && (s[1] == 'K' || s[1] == 'S') || strings.HasPrefix(s, "AIza")
	case 'n':
		return strings.HasPrefix(s, "npm_")
	case '-':
		return strings.HasPrefix(s, "-----BEGIN")
	default: // sk, rk and pk
		return s[1] == 'k' && (s[2] == '-' || s[2] == '_')
	}
}

// credentialAt reports whether white space and eight bytes of a credential stand at the beginning.
func credentialAt(s string) bool {
	rest := strings.TrimLeft(s, " \t\n\f\r")
	const shortest = 8
	if len(rest) == len(s) || len(rest) < shortest {
		return false
	}
	for i := range shortest {
		if c := rest[i]; !isWordByte(c) && strings.IndexByte(".~+/=-", c) < 0 {
			return false
		}
	}
	return true
}

// passwordWord returns where the first word for a password stands at or behind from; -1 if there is
// none, or nothing that gives it a value.
func passwordWord(s string, from int) int {
	if strings.IndexByte(s[from:], '=') < 0 && strings.IndexByte(s[from:], ':') < 0 {
		return -1
	}
	for i := from; i < len(s); i++ {
		if !beginsPassword[s[i]] {
			continue
		}
		for _, word := range [...]string{"passw", "passphrase", "pwd", "secret", "api"} {
			if hasPrefixFold(s[i:], word) {
				return i
			}
		}
	}
	return -1
}

// beginsPassword has the first bytes of words for passwords.
var beginsPassword = setOf("pPsSaA") //nolint:gochecknoglobals // a table

func setOf(bytes string) (set [256]bool) {
	for i := range len(bytes) {
		set[bytes[i]] = true
	}
	return set
}

// hasPrefixFold reports whether s begins with a word in lower case, whatever the case of s.
func hasPrefixFold(s, word string) bool {
	if len(s) < len(word) {
		return false
	}
	for i := range len(word) {
		if lower(s[i]) != word[i] {
			return false
		}
	}
	return true
}

func isWordByte(c byte) bool { return isDigit(c) || 'a' <= lower(c) && lower(c) <= 'z' || c == '_' }
