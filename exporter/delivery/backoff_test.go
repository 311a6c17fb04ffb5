package delivery_test

import (
	"testing"
	"time"

	"github.com/tracehook/tracehook/exporter/delivery"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		b        delivery.Backoff
		failures int
		most     time.Duration
	}{
		{"default, first", delivery.Backoff{}, 1, 200 * time.Millisecond},
		{"default, second", delivery.Backoff{}, 2, 400 * time.Millisecond},
		{"default, many", delivery.Backoff{}, 1 << 30, 30 * time.Second},
		{"slower growth", delivery.Backoff{Initial: time.Second, Factor: 1.5}, 3, 2250 * time.Millisecond},
		{"a limit below the start", delivery.Backoff{Initial: time.Minute, Max: time.Second}, 1, time.Second},
	} {
		low, high := time.Duration(1<<62), time.Duration(0)
		for range 1000 {
			w := tt.b.Wait(tt.failures)
			low, high = min(low, w), max(high, w)
		}
		if high > tt.most || low < tt.most/2 || high-low < tt.most/4 {
			t.Errorf("%s: from %v to %v, want spread over the upper half of %v", tt.name, low, high, tt.most)
		}
	}
}
