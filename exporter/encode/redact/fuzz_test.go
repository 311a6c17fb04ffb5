package redact_test

import (
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook/exporter/encode/redact"
)

// FuzzText checks that redaction never panics, doesn't grow a text without bound, and finds nothing
// more in what it has redacted.
func FuzzText(f *testing.F) {
	for _, s := range []string{
		"postgres://bob:hunter2@db/x?sig=1", "a://b@c://d:e@f", "%3A%2F%2Fa%3Ab%40c", "u:p@tcp(h)", "?a%3db&sig%3dx%26", "4111 1111 1111 1111",
		"Bearer abc12345678", "SELECT 'a', \"b\", $1, $$x$$ -- c", "x@y.zz password=1", "://@", "?sig=", "'", "/*",
	} {
		f.Add(s)
	}
	r := newRedactor(f, redact.Options{
		Defaults: true, SQL: true, Query: []string{"*token*"}, Mask: []string{"*secret*"}, Patterns: []string{"card", "token", "email", "password"},
	})
	f.Fuzz(func(t *testing.T, s string) {
		for _, key := range []string{"k", "url.query", "db.statement", s} {
			once := redacted(r, attribute.String(key, s))[0].Value.AsString()
			if len(once) > 10*len(s)+len("REDACTED:REDACTED") {
				t.Errorf("%d bytes of %q became %d", len(s), key, len(once))
			}
			if twice := text(r, key, once); twice != once {
				t.Errorf("%q: %q became %q, and that %q", key, s, once, twice)
			}
		}
	})
}

func TestLongTextsOfAStranger(t *testing.T) {
	t.Parallel()
	r := newRedactor(t, redact.Options{Defaults: true, SQL: true, Query: []string{"*a*b*"}, Patterns: []string{"card", "token", "email", "password"}})
	for _, part := range []string{
		"://", "://a:b@", "=", "?a=", "%3D", "%3A%2F%2F", "1", "4 ", "@tcp(", "a@", "'", "$a$", "$a", "eyJ", "/*", ":@", "basic aaaaaaaa ",
		"@/", "a:@/", "/@//", "a@x(", "//", "(//a@", `:\/\/`, `\u0026`, `6=`, "-----BEGIN PRIVATE KEY-----", "password=\"", "a.", "a:", "[", "\"",
	} {
		// What costs the square of the length doesn't end here before the test is given up.
		for _, key := range []string{"db.statement", "k"} {
			text(r, key, strings.Repeat(part, 1<<16/len(part)))
		}
	}
}
