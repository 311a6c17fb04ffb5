package setting_test

import (
	"testing"

	"github.com/tracehook/tracehook/setting"
)

func TestCover(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://user:hunter22@host:1/path?x=1 is wrong": "https://[hidden] is wrong",
		"https://host/path?key=hunter22":                 "https://host/path?[hidden]",
		`"Bearer hunter22" is not one of a, b`:           `"Bearer [hidden]" is not one of a, b`,
		"Basic%20aHVudGVyMjI=":                           "Basic%20[hidden]",
		`write "Bearer ${TOKEN}"`:                        `write "Bearer ${TOKEN}"`,
		"http://host:4318/v1/traces":                     "http://host:4318/v1/traces",
		"user@host":                                      "user@host",
		"basic: no":                                      "basic: no",
		"":                                               "",
	} {
		if got := setting.Cover(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
