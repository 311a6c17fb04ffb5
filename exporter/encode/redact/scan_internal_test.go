package redact

import (
	"strings"
	"testing"
)

func TestMarkedLooksAtEveryByte(t *testing.T) {
	t.Parallel()
	for n := range 40 {
		for _, with := range []string{"a", "\x00", "\xff", "?", "A", "$&", "é", "<>"} {
			plain := strings.Repeat(with, n+1)[:n]
			if some, _ := marked(plain); some {
				t.Errorf("%q is marked", plain)
			}
			for i := range n {
				for _, mark := range []string{"@", "=", "%"} {
					s := plain[:i] + mark + plain[i+1:]
					if some, beyond := marked(s); !some || beyond != (mark != "=") {
						t.Errorf("%q: %t, %t", s, some, beyond)
					}
				}
			}
		}
	}
}

// What is remembered of keys stays what the rules say, whatever claims the same place.
func TestKnownKeysAreTheRules(t *testing.T) {
	t.Parallel()
	r, err := New(Options{Mask: []string{"*7"}, Drop: []string{"*8*"}})
	if err != nil {
		t.Fatal(err)
	}
	keys := make([]string, 5000)
	for i := range keys {
		keys[i] = strings.Repeat("k", i%150) + string(rune('0'+i%10))
	}
	for range 2 {
		for _, key := range keys {
			want := actNone
			switch key[len(key)-1] {
			case '7':
				want = actMask
			case '8':
				want = actDrop
			}
			if got := r.actionOf(key); got != want || r.keyPasses(key) != (want == actNone) {
				t.Fatalf("%q: action %d, want %d; it passes: %t", key, got, want, r.keyPasses(key))
			}
		}
	}
}

func TestTheRememberedAreBounded(t *testing.T) {
	t.Parallel()
	var m remembered[int]
	for range 2 {
		for i := range 10 * mostRemembered {
			if got := m.of(i, func() int { return -i }); got != -i {
				t.Fatalf("%d gives %d", i, got)
			}
		}
	}
	if n := len(*m.pairs.Load()); n > mostRemembered {
		t.Errorf("%d are remembered", n)
	}
}

// FuzzFinds checks that a text in which nothing is found is exported as it is.
func FuzzFinds(f *testing.F) {
	r, err := New(Options{Defaults: true, Query: []string{"*token*"}, Patterns: []string{"card", "token", "email", "password"}})
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{
		"x://u:p@h", "sig=1", "?sig=1&a", "a%3D", "%3fsig%3d1%26", "u:p@tcp(h)", "a@b.cc", "4111111111111111", "pwd: x", "://a://b@", "?=", "x&sig=",
		"Bearer abc12345678", "BASIC\t12345678", "-eyJabcdef.abcdef.", "ghp_012345678901234567890", "github_pat_01234567890123456789", "glpat-0123456789012345",
		"xoxb-0123456789", "(AKIAIOSFODNN7EXAMPLE)", "AIza01234567890123456789012345678901234", "sk-01234567890123456789", "rk_live_01234567890123456789",
		"npm_012345678901234567890123456789", "x-----BEGIN PRIVATE KEY-----", "PassPhrase : x", "Pwd='a'", "client_SECRET=x", "x-api-key: 1", "apikey=1",
		strings.Repeat("a", 256) + "=1", "?" + strings.Repeat("a", 255) + "=1",
	} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, isQuery bool) {
		if at := tokenWord(s, 0); at < 0 && tokens().MatchString(s) {
			t.Errorf("%q has a token, and no word for one", s)
		}
		if at := passwordWord(s, 0); at < 0 && passwords().MatchString(s) && !strings.ContainsAny(s, "\u017f\u212a") {
			t.Errorf("%q has a password, and no word for one", s)
		}
		if out := r.text(s, isQuery); out != s && !r.finds(s, isQuery) {
			t.Errorf("%q (a query: %t) becomes %q, and nothing is found", s, isQuery, out)
		}
	})
}

// What is looked at first leaves out no name that is masked.
func TestSensitiveNamesAreNamed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"AWSAccessKeyId", "Signature", "sig", "X-Goog-Signature", "X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token",
	} {
		if !sensitive(name) {
			t.Errorf("%s isn't masked", name)
		}
		for _, s := range []string{name + "=", "=" + name + "=x", "https://a/?page=2&" + name + "=x", "a=b&c==&" + name + "==", name + "=1&sig=2"} {
			if !namesSensitive(s) {
				t.Errorf("%q names nothing", s)
			}
		}
	}
	for _, s := range []string{"", "=", "==", "d=", "page=2&size=3", "Signature", "sign=1", "x=sig"} {
		if namesSensitive(s) {
			t.Errorf("%q names something", s)
		}
	}
}
