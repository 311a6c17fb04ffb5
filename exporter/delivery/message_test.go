package delivery_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/test/otlptest"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	secrets := delivery.Secrets{"Bearer s3cr3t", "s3cr3t", "abc"}
	for give, want := range map[string]string{
		"":                                  "",
		"plain":                             "plain",
		" two\r\n\tlines \n":                "two lines",
		"token s3cr3t is unknown":           "token *** is unknown",
		"header Bearer s3cr3t is unknown":   "header *** is unknown",
		"abc is too short to be looked for": "abc is too short to be looked for",
		"\x1b[31mred\x07":                   "?[31mred?",
		"bad \xff bytes":                    "bad ? bytes",
	} {
		if got := secrets.Printable(give); got != want {
			t.Errorf("%q became %q, want %q", give, got, want)
		}
	}
	// A secret that the cut would go through must not come out in part.
	long := strings.Repeat("x", 508) + "s3cr3t"
	if got := secrets.Printable(long); strings.Contains(got, "s3") {
		t.Errorf("half a secret: %q", got[500:])
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("hello\x00\x1b[0m", "hell")
	f.Add(strings.Repeat("é", 600), "")
	f.Fuzz(func(t *testing.T, s, secret string) {
		got := delivery.Secrets{secret}.Printable(s)
		if len(got) > 512+len("...")+1 || !utf8.ValidString(got) {
			t.Errorf("%d bytes, or not UTF-8: %q", len(got), got)
		}
		for _, r := range got {
			if !unicode.IsPrint(r) {
				t.Errorf("%q is in it", r)
			}
		}
	})
}

func TestSecretsAreHiddenInAnyCase(t *testing.T) {
	t.Parallel()
	secrets := delivery.Secrets{"Pl4nted-Token"}
	const give = "no PL4NTED-TOKEN, pl4nted-token\u212A Pl4nted-Token here"
	if got := secrets.Redact(give); got != "no ***, ***\u212A *** here" {
		t.Errorf("got %q", got)
	}
}

// The key of an address may begin with the one of a header.
func TestOfASecretInAnotherNothingIsLeft(t *testing.T) {
	t.Parallel()
	r := otlptest.NewHTTP(t)
	r.Behave(func(int) otlptest.Behavior {
		return otlptest.Behavior{Status: 404, Body: "no route to /pl4nted-t0ken-and-more", ContentType: "text/plain"}
	})
	h := newHTTP(t, delivery.HTTPOptions{
		URL: "http://" + r.Address() + "/pl4nted-t0ken-and-more", Secrets: delivery.Secrets{"pl4nted-t0ken"},
	})
	if v := h.Send(t.Context(), request(t)); v.Err == nil || strings.Contains(v.Err.Error(), "-and-more") {
		t.Errorf("got %v", v.Err)
	}
}
