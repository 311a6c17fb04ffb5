package tree_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tracehook/tracehook/exporter/tree"
)

// Masked texts are equal for traces that differ in ids and times alone.
func TestMaskedShowsNeitherIDsNorTimes(t *testing.T) {
	t.Parallel()
	one, two := siblings(6), siblings(6)
	for i := range two {
		s := &two[i]
		s.TraceID[0], s.ID[0], s.Start = 7, 7, s.Start.Add(time.Hour)
		s.Duration *= 3
		if s.Parent.IsValid() {
			s.Parent[0] = 7
		}
	}
	one, two = append(one, span(90, 80, 900, 901, "orphan")), append(two, span(91, 81, 8_000_000, 8_000_001, "orphan"))
	for _, style := range []tree.Style{{Masked: true}, {Masked: true, Full: true}, {Masked: true, Width: 50}} {
		got, other := draw(style, one), draw(style, two)
		if got != other {
			t.Errorf("two texts of one trace:\n%s\n%s", got, other)
		}
		for _, wrong := range []string{"0000", "ms", "2026", "━"} {
			if strings.Contains(got, wrong) {
				t.Errorf("%q is in\n%s", wrong, got)
			}
		}
		if !strings.HasPrefix(got, "trace  18 spans  1 error\n") || !strings.Contains(got, "its parent is not here:") {
			t.Errorf("drawn:\n%s", got)
		}
	}
}
