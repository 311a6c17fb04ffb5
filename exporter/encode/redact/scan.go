package redact

import "strings"

// marked reports whether s has one of the bytes @ = %, without which a text holds neither user
// information nor a query. It looks at eight bytes at a time: most texts of most spans end here.
func marked(s string) bool {
	if len(s) < 8 {
		for i := range len(s) {
			if c := s[i]; c == '@' || c == '=' || c == '%' {
				return true
			}
		}
		return false
	}
	found := uint64(0)
	for i := 0; i+8 <= len(s); i += 8 {
		found |= marks(word(s, i))
	}
	return found|marks(word(s, len(s)-8)) != 0
}

const (
	ones = 0x0101010101010101
	tops = 0x8080808080808080
)

// marks returns a word that isn't 0 if a byte of w is a mark.
func marks(w uint64) uint64 {
	at, equals, percent := w^ones*'@', w^ones*'=', w^ones*'%'
	return ((at-ones)&^at | (equals-ones)&^equals | (percent-ones)&^percent) & tops
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
	if r.urls && marked(s) && r.findsInURL(s, isQuery) {
		return true
	}
	for i := range r.patterns {
		if start, _ := r.patterns[i].find(s, 0); start >= 0 {
			return true
		}
	}
	return false
}

func (r *Redactor) findsInURL(s string, isQuery bool) bool {
	percent := strings.IndexByte(s, '%') >= 0
	if r.defaults && (percent || strings.IndexByte(s, '@') >= 0) {
		for from := 0; from < len(s); {
			start, _, next := nextUserInfo(s, from)
			if start >= 0 {
				return true
			}
			from = next
		}
	}
	start, _ := r.nextQuery(s, 0, percent, isQuery)
	return start >= 0
}
