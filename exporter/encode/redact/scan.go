package redact

import "strings"

// marked reports whether s has one of the bytes @ = %, without which a text holds neither user
// information nor a query, and whether that is @ or %. It looks at eight bytes at a time: most texts of
// most spans end here.
func marked(s string) (some, beyond bool) {
	if len(s) < 8 {
		for i := range len(s) {
			switch s[i] {
			case '@', '%':
				return true, true
			case '=':
				some = true
			}
		}
		return some, false
	}
	equals, others := marks(word(s, len(s)-8))
	for i := 0; i+8 < len(s); i += 8 {
		e, o := marks(word(s, i))
		equals |= e
		others |= o
	}
	if (equals|others)&tops == 0 {
		return false, false
	}
	return true, others&tops != 0
}

const (
	ones = 0x0101010101010101
	tops = 0x8080808080808080
)

// marks returns words in which the top bit of a byte is set if a byte of w is an equals sign, or another
// mark.
func marks(w uint64) (equals, others uint64) {
	at, percent := w^ones*'@', w^ones*'%'
	w ^= ones * '='
	return (w - ones) &^ w, (at-ones)&^at | (percent-ones)&^percent
}

// word returns the eight bytes of s at i.
func word(s string, i int) uint64 {
	b := s[i : i+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// finds reports whether the rules for texts find anything in s. IsQuery says that s is a query
// without its question mark.
func (r *Redactor) finds(s string, isQuery bool) bool {
	if r.urls {
		if some, beyond := marked(s); some && r.findsInURL(s, beyond, isQuery) {
			return true
		}
	}
	for i := range r.patterns {
		if start, _ := r.patterns[i].find(s, 0); start >= 0 {
			return true
		}
	}
	return false
}

// findsInURL reports whether s holds something to be redacted. Beyond says that it has @ or %.
func (r *Redactor) findsInURL(s string, beyond, isQuery bool) bool {
	percent := beyond && strings.IndexByte(s, '%') >= 0
	if r.defaults && beyond {
		for from := 0; from < len(s); {
			start, _, next := nextUserInfo(s, from)
			if start >= 0 {
				return true
			}
			from = next
		}
	}
	if !percent && len(r.query) == 0 && !namesSensitive(s) {
		return false
	}
	start, _ := r.nextQuery(s, 0, percent, isQuery)
	return start >= 0
}

// namesSensitive reports whether an equals sign of s stands behind a name that [sensitive] knows, or one
// that ends like it. Most URLs with a query end here.
func namesSensitive(s string) bool {
	for i := strings.IndexByte(s, '='); i >= 0; i = strings.IndexByte(s, '=') {
		name := ""
		switch s[max(i, 1)-1] {
		case 'd':
			name = "AWSAccessKeyId"
		case 'e':
			name = "Signature"
		case 'g':
			name = "sig"
		case 'l':
			name = "X-Amz-Credential"
		case 'n':
			name = "X-Amz-Security-Token"
		}
		if name != "" && strings.HasSuffix(s[:i], name) {
			return true
		}
		s = s[i+1:]
	}
	return false
}
