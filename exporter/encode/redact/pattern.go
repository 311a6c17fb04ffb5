package redact

import (
	"encoding/base64"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// pattern is something that has a form of its own, wherever it stands.
type pattern struct {
	name string
	// find returns the first match of s at or behind from, or -1.
	find func(s string, from int) (start, end int)
}

// replace masks all matches and counts them in n.
func (p *pattern) replace(s string, n *atomic.Int64) string {
	out := replacer{from: s}
	for from := 0; from < len(s); {
		start, end := p.find(s, from)
		if start < 0 {
			break
		}
		if out.replace(start, end, Masked) {
			n.Add(1)
		}
		from = max(end, start+1)
	}
	return out.text()
}

// builtin returns the search of a pattern with a name of its own.
func builtin(name string) (find func(s string, from int) (start, end int), ok bool) {
	switch name {
	case "card":
		return findCard, true
	case "token":
		return findToken, true
	case "email":
		return func(s string, from int) (int, int) {
			if strings.IndexByte(s[from:], '@') < 0 {
				return -1, -1
			}
			return first(emails().FindStringIndex(s[from:]), from)
		}, true
	case "password":
		return func(s string, from int) (int, int) {
			if from = passwordWord(s, from); from < 0 {
				return -1, -1
			}
			at := passwords().FindStringSubmatchIndex(s[from:])
			if at == nil {
				return -1, -1
			}
			return from + at[2], from + at[3]
		}, true
	}
	return nil, false
}

var emails = sync.OnceValue(func() *regexp.Regexp { //nolint:gochecknoglobals // compiled once, when first used
	return regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}`)
})

// passwords are those of data source names, key=value with blanks or semicolons between, and of
// texts such as "password: x". Quotes may have backslashes before them, as in JSON in a text of JSON.
var passwords = sync.OnceValue(func() *regexp.Regexp { //nolint:gochecknoglobals // compiled once, when first used
	return regexp.MustCompile(`(?i)(?:password|passwd|passphrase|pwd|secret|api[_-]?key)\\*["']?\s*[=:]\s*(\\*"[^"]*"|'[^']*'|[^\s"';&,]+)`)
})

// tokens are credentials that say what they are.
var tokens = sync.OnceValue(func() *regexp.Regexp { //nolint:gochecknoglobals // compiled once, when first used
	return regexp.MustCompile(strings.Join([]string{
		`(?i:\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}`,
		`\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*`,                                    // JSON Web Tokens
		`\bgh[pousr]_[A-Za-z0-9]{20,}`, `\bgithub_pat_[A-Za-z0-9_]{20,}`, `\bglpat-[A-Za-z0-9_-]{16,}`, // forges
		`\bxox[abeoprs]-[A-Za-z0-9-]{10,}`, `\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`, `\bAIza[A-Za-z0-9_-]{35}`,
		`\b(?:sk|rk|pk)[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{20,}`, `\bnpm_[A-Za-z0-9]{30,}`,
		`-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|$)`,
	}, "|"))
})

func findToken(s string, from int) (start, end int) {
	for from = tokenWord(s, from); from >= 0; from = tokenWord(s, from) {
		start, end = first(tokens().FindStringIndex(s[from:]), from)
		if start < 0 {
			return -1, -1
		}
		scheme, value, ok := strings.Cut(s[start:end], " ")
		if !ok || strings.HasPrefix(scheme, "-") || isCredential(scheme, strings.TrimSpace(value)) {
			return start, end
		}
		from = end // "basic authentication", "bearer of good news"
	}
	return -1, -1
}

// isCredential tells the value of an Authorization header from prose.
func isCredential(scheme, value string) bool {
	if strings.EqualFold(scheme, "basic") {
		plain, err := base64.StdEncoding.DecodeString(value)
		return err == nil && strings.Contains(string(plain), ":")
	}
	return strings.ContainsAny(value, "0123456789")
}

// findCard finds a number of a payment card: 13 to 19 digits, with single blanks or hyphens between
// them, that begin like one and have the right check digit.
func findCard(s string, from int) (start, end int) {
	for i := from; i < len(s); i++ {
		if !isDigit(s[i]) || i > 0 && partOfWord(s[i-1]) {
			continue
		}
		var digits [20]byte
		n, j, last := 0, i, i
		for ; j < len(s) && n < len(digits); j++ {
			if isDigit(s[j]) {
				digits[n] = s[j]
				n, last = n+1, j+1
			} else if s[j] != ' ' && s[j] != '-' || j > last {
				break
			}
		}
		if !goesOn(s[last:]) && isCard(string(digits[:n])) {
			return i, last
		}
		for last < len(s) && isDigit(s[last]) {
			last++
		}
		i = max(i, last-1)
	}
	return -1, -1
}

// goesOn reports whether what stands before s isn't a number of its own.
func goesOn(s string) bool {
	return s != "" && partOfWord(s[0]) && (s[0] != '.' || len(s) > 1 && isDigit(s[1]))
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func partOfWord(c byte) bool {
	return isDigit(c) || 'a' <= lower(c) && lower(c) <= 'z' || c == '_' || c == '.'
}

// isCardInt reports whether n is the number of a payment card.
func isCardInt(n int64) bool {
	const least = 1e12
	if n < least {
		return false
	}
	var digits [20]byte
	return isCard(string(strconv.AppendInt(digits[:0], n, 10)))
}

// isCardFloat is isCardInt of a number that JSON has made a float.
func isCardFloat(f float64) bool {
	const exact = 1 << 53
	return f < exact && f == math.Trunc(f) && isCardInt(int64(f))
}

// isCard reports whether digits are the number of a payment card by the prefixes and lengths of the
// large schemes and the check digit of ISO/IEC 7812.
func isCard(digits string) bool {
	n := len(digits)
	switch {
	case n < 13 || n > 19:
		return false
	case digits[0] == '4': // Visa
		if n != 13 && n != 16 && n != 19 {
			return false
		}
	case digits[:2] >= "51" && digits[:2] <= "55", digits[:4] >= "2221" && digits[:4] <= "2720": // Mastercard
		if n != 16 {
			return false
		}
	case digits[:2] == "34", digits[:2] == "37": // American Express
		if n != 15 {
			return false
		}
	case digits[:2] == "30", digits[:2] == "36", digits[:2] == "38", digits[:2] == "39": // Diners Club
		if n != 14 && n != 16 {
			return false
		}
	case digits[:2] == "60", digits[:2] == "62", digits[:2] == "64", digits[:2] == "65", digits[:2] == "35", digits[:1] == "5":
		if n < 16 {
			return false
		}
	default:
		return false
	}
	sum := 0
	for i := range n {
		d := int(digits[n-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
