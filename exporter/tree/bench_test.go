package tree_test

import (
	"fmt"
	"testing"

	"github.com/tracehook/tracehook/exporter/tree"
)

func BenchmarkAppend(b *testing.B) {
	shapes := map[string]func(i int) int{
		"wide":  func(int) int { return 1 },
		"deep":  func(i int) int { return i },
		"mixed": func(i int) int { return (i + 3) / 4 },
	}
	for _, n := range []int{10, 100, 10_000} {
		for name, parent := range shapes {
			b.Run(fmt.Sprintf("%s/spans=%d", name, n), func(b *testing.B) {
				spans := []tree.Span{span(1, 0, 0, n, "root")}
				for i := 1; i < n; i++ {
					spans = append(spans, span(i+1, parent(i), i, i+1, "service:user.login"))
				}
				style := tree.Style{Color: true}
				var buf []byte
				b.ReportAllocs()
				for b.Loop() {
					buf = style.Append(buf[:0], tree.Trace{Spans: spans})
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/span")
			})
		}
	}
}
