package redact

import "strings"

// userInfo masks the user and the password of URLs, as RFC 3986 has them, also where the URL is
// percent-encoded, and of the data source names of Go's MySQL driver, user:password@tcp(host).
func (r *Redactor) userInfo(s string) string {
	if strings.IndexByte(s, '@') < 0 && !strings.Contains(s, "%40") {
		return s
	}
	p := replacer{from: s}
	for i := 0; i < len(s); {
		start, end, next := nextUserInfo(s, i)
		if start >= 0 {
			with := Masked
			if info := s[start:end]; strings.IndexByte(info, ':') >= 0 || strings.Contains(strings.ToLower(info), "%3a") {
				with = Masked + ":" + Masked
			}
			if p.replace(start, end, with) {
				r.counts.userInfo.Add(1)
			}
		}
		i = next
	}
	return p.text()
}

// nextUserInfo finds the first user information at or behind from. Start is -1 if the next place to
// look at, next, has none.
func nextUserInfo(s string, from int) (start, end, next int) {
	for i := from; i < len(s); i++ {
		switch s[i] {
		case ':', '/':
			if n := authority(s, i); n > 0 {
				end, next = endOfUserInfo(s, i+n)
				return result(i+n, end, next)
			}
		case '%':
			if escaped(s, i, '3', 'a') && escaped(s, i+3, '2', 'f') && escaped(s, i+6, '2', 'f') {
				end, next = endOfEscapedUserInfo(s, i+9)
				return result(i+9, end, next)
			}
		case '@':
			if start = infoBefore(s, from, i); start >= 0 {
				return result(start, i, i+1)
			}
		}
	}
	return -1, -1, len(s)
}

// authority returns the length of what stands at i before the authority of a URL; 0 is none: the colon
// and the slashes, which may have backslashes before them as in JSON, or two slashes that begin a text.
func authority(s string, i int) int {
	switch rest := s[i:]; {
	case strings.HasPrefix(rest, "://"):
		return len("://")
	case strings.HasPrefix(rest, `:\/\/`):
		return len(`:\/\/`)
	case strings.HasPrefix(rest, "//") && (i == 0 || breaks(s[i-1]) || s[i-1] == '=' || s[i-1] == '('):
		return len("//")
	}
	return 0
}

// longestInfo is how far the beginning of user information is looked for where what follows it may
// be something else, in bytes.
const longestInfo = 1024

// infoBefore returns where the user and the password of a data source name without a scheme begin
// that end before the @ at i; -1 if what follows is no address. Addresses are tcp(host) and unix(path)
// of Go's MySQL driver and others of its form, none before /db, and Oracle's //host.
func infoBefore(s string, from, i int) int {
	rest := s[i+1:]
	if strings.HasPrefix(rest, "tcp(") || strings.HasPrefix(rest, "unix(") {
		return wordBefore(s, from, i)
	}
	among := ":"
	switch n := letters(rest); {
	case strings.HasPrefix(rest, "//"):
		among = ":/"
	case rest == "", n == 0 && rest[0] != '/', n > 0 && (n == len(rest) || rest[n] != '('):
		return -1
	}
	start := wordBefore(s, max(from, i-longestInfo), i)
	if info := s[start:i]; strings.HasPrefix(info, "/") || strings.IndexAny(info, among) <= 0 {
		return -1
	}
	return start
}

// wordBefore returns where what ends at i begins.
func wordBefore(s string, from, i int) int {
	for i > from && !breaks(s[i-1]) {
		i--
	}
	return i
}

// letters returns how many bytes of the name of a network s begins with, up to one more than the longest.
func letters(s string) int {
	const longest = 32
	n := 0
	for n < len(s) && n <= longest && ('a' <= s[n] && s[n] <= 'z' || isDigit(s[n])) {
		n++
	}
	return n
}

func result(start, end, next int) (int, int, int) {
	if end <= start {
		return -1, -1, next
	}
	return start, end, max(next, end)
}

// endOfUserInfo returns where the user information of the URL whose authority begins at start ends,
// which is before start if there is none, and where to look for the next one.
//
// A password that isn't encoded as it has to be may hold any of "/@". Hence the last @ before the
// query ends it, if there is one in the authority at all, or if what follows the colon is no port.
func endOfUserInfo(s string, start int) (end, next int) {
	last, slash, colon, port := -1, -1, -1, true
	i := start
	if strings.HasPrefix(s[i:], "[") { // an IPv6 address
		return -1, i + 1
	}
	for ; i < len(s) && !breaks(s[i]) && s[i] != '?' && s[i] != '#'; i++ {
		switch c := s[i]; {
		case strings.HasPrefix(s[i:], "://"):
			if last >= 0 || slash >= 0 {
				return decide(last, slash, colon, port, start), i
			}
			port = false
		case c == '@':
			last = i
		case slash >= 0:
		case c == '/':
			slash = i
		case c == ':' && colon < 0:
			colon = i
		case colon >= 0 && (c < '0' || c > '9'):
			port = false
		}
	}
	return decide(last, slash, colon, port, start), i
}

// decide returns the @ that ends the user information, or -1.
func decide(last, slash, colon int, port bool, start int) int {
	inAuthority := last >= 0 && (slash < 0 || last < slash)
	noPort := last >= 0 && colon > start && !port
	if inAuthority || noPort {
		return last
	}
	return -1
}

// endOfEscapedUserInfo is endOfUserInfo of a URL that stands percent-encoded in another text.
func endOfEscapedUserInfo(s string, start int) (end, next int) {
	end = -1
	i := start
	for ; i < len(s) && !breaks(s[i]) && s[i] != '&'; i++ {
		switch {
		case escaped(s, i, '2', 'f'), escaped(s, i, '3', 'f'), escaped(s, i, '2', '3'):
			return end, i
		case s[i] == '@', escaped(s, i, '4', '0'):
			end = i
		}
	}
	return end, i
}
