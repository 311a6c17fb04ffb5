package clip_test

import (
	"testing"

	"github.com/tracehook/tracehook/internal/clip"
)

func TestHead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in   string
		most int
		want string
	}{
		{"", 0, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "abc"},
		{"abc", 0, ""},
		{"aé", 3, "aé"},
		{"aé", 2, "a"},
		{"a€b", 3, "a"},
		{"a€b", 4, "a€"},
		{"€", 2, ""},
		{"\x80\x80\x80", 2, ""},
		{"a\xffb", 2, "a\xff"},
	} {
		if got := clip.Head(test.in, test.most); got != test.want {
			t.Errorf("Head(%q, %d) = %q, want %q", test.in, test.most, got, test.want)
		}
	}
}
