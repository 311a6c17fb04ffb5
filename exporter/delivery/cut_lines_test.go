package delivery_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/exporter/delivery"
)

func TestCutLines(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		body  string
		limit int
		want  string
		spans []int
	}{
		{"", 10, "", nil},
		{"a\nb\nc\n", 4, "a\nb\n|c\n", []int{2, 1}},
		{"a\nb\nc\n", 100, "a\nb\nc\n", []int{3}},
		{"x\na long line\nb", 4, "x\n|a long line\n|b", []int{1, 1, 1}},
	} {
		body := []byte(test.body)
		var parts []string
		for i, b := range delivery.CutLines(body, test.limit) {
			parts = append(parts, string(b.Body))
			if i >= len(test.spans) || b.Spans != test.spans[i] {
				t.Errorf("%q: part %d has %d spans", test.body, i, b.Spans)
			}
			clear(b.Body[:cap(b.Body)])
		}
		if got := strings.Join(parts, "|"); got != test.want || !bytes.Equal(body, []byte(test.body)) {
			t.Errorf("%q in parts of %d is %q, want %q; the body is %q", test.body, test.limit, got, test.want, body)
		}
	}
}
