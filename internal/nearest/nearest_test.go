package nearest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tracehook/tracehook/internal/nearest"
)

func TestName(t *testing.T) {
	t.Parallel()
	known := []string{"driver", "buffer", "batch", "timeout", "export_timeout", "block_timeout", "rate", "key", "trace"}
	tests := []struct{ name, in, want string }{
		{"equal", "batch", "batch"},
		{"one letter missing", "buffr", "buffer"},
		{"one letter too many", "drivver", "driver"},
		{"one letter changed", "dryver", "driver"},
		{"neighbors swapped cost one", "kye", "key"},
		{"case is free", "Export_Timeout", "export_timeout"},
		{"dashes are free", "export-timeout", "export_timeout"},
		{"run together", "exporttimeout", "export_timeout"},
		{"cut off", "trac", "trace"},
		{"two letters in a short name are too many", "ab", ""},
		{"something else", "http", ""},
		{"empty", "", ""},
		{"longer than anything sensible", strings.Repeat("batch", 1000), ""},
		{"not UTF-8", "\xff\xfe", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := nearest.Name(tt.in, known); got != tt.want {
				t.Errorf("Name(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestName_tie(t *testing.T) {
	t.Parallel()
	if got := nearest.Name("bat", []string{"cat", "hat"}); got != "cat" {
		t.Errorf("Name of a tie = %q, want the first known, %q", got, "cat")
	}
	if got := nearest.Name("hat", []string{"cat", "hat"}); got != "hat" {
		t.Errorf("Name of a known name = %q, want itself", got)
	}
}

func TestName_skipsUnusableKnownNames(t *testing.T) {
	t.Parallel()
	if got := nearest.Name("a", []string{"", strings.Repeat("a", 100)}); got != "" {
		t.Errorf("Name = %q, want none", got)
	}
	if got := nearest.Name("a", nil); got != "" {
		t.Errorf("Name among none = %q, want none", got)
	}
}

func TestHint(t *testing.T) {
	t.Parallel()
	if got := nearest.Hint("qqqqqq", []string{"driver"}); got != "" {
		t.Errorf("Hint = %q, want none", got)
	}
}

func ExampleHint() {
	fmt.Println(`unknown driver "flie"` + nearest.Hint("flie", []string{"console", "file"}))
	// Output: unknown driver "flie", did you mean "file"?
}
