package otelhook

import (
	"strconv"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// What an application hands over may be large, and what lies in the pool may stay there.
func TestScratchForgetsWhatItHeld(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 3, ordinary, ordinary + 1, 100} {
		attrs := map[string]any{"service": "user", "kind": "server", "code": 2}
		for i := range n {
			attrs[strconv.Itoa(i)] = "text"
		}
		var (
			pool scratches
			w    words
			b    = pool.Get()
		)
		b.read(attrs, &w)
		if got := trace.NewSpanStartConfig(b.options(b.words(&w, "", "login"))...); len(got.Attributes()) != n+4 {
			t.Errorf("%d attributes became %d", n+4, len(got.Attributes()))
		}
		pool.Put(b)
		if b.kvs != [reserved + ordinary]attribute.KeyValue{} || b.more != nil {
			t.Errorf("%d attributes: some are left", n)
		}
		for i, o := range b.opts {
			if o == nil {
				continue
			}
			got := trace.NewSpanStartConfig(o)
			for _, kv := range got.Attributes() {
				if kv != (attribute.KeyValue{}) {
					t.Errorf("%d attributes: option %d holds %v", n, i, kv)
				}
			}
		}
	}
}
