package digest_test

import (
	"math"
	"testing"

	"github.com/tracehook/tracehook/internal/digest"
)

func TestOf(t *testing.T) {
	t.Parallel()
	type data struct{ M map[string]any }
	same := digest.Of(data{map[string]any{"a": 1, "b": []string{"x"}}})
	if got := digest.Of(data{map[string]any{"b": []string{"x"}, "a": 1}}); got != same || len(got) != 64 {
		t.Errorf("equal data: %s and %s", same, got)
	}
	if digest.Of(data{map[string]any{"a": 1, "b": []string{"y"}}}) == same {
		t.Error("other data has the same digest")
	}
	nan := digest.Of(data{map[string]any{"a": math.NaN()}})
	if nan != digest.Of(data{map[string]any{"a": math.NaN()}}) || nan == digest.Of(data{map[string]any{"a": math.Inf(1)}}) {
		t.Error("data that JSON can't hold isn't told apart")
	}
}
