package encode

import (
	"strconv"
	"testing"
)

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	var c cache[int]
	calls := 0
	encode := func(dst []byte, key int) []byte { calls++; return strconv.AppendInt(dst, int64(key), 10) }
	for i := range 10 * maxCached {
		if got := string(c.or(i, encode)); got != strconv.Itoa(i) {
			t.Fatalf("%d is remembered as %s", i, got)
		}
		if len(c.all) > maxCached {
			t.Fatalf("%d entries, want at most %d", len(c.all), maxCached)
		}
	}
	before := calls
	for range 3 {
		_, _ = c.or(10*maxCached-1, encode), c.or(10*maxCached-2, encode)
	}
	if calls != before {
		t.Errorf("what is remembered was encoded again, %d times", calls-before)
	}
}
