package query_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tracehook/tracehook/internal/query"
)

// The time of a match grows with the size of the span, not faster: texts that make a careless
// search go back again and again.
func TestMatchIsLinear(t *testing.T) {
	t.Parallel()
	pattern := strings.Repeat("*"+strings.Repeat("a", 30)+"b", 60)
	for _, text := range []string{
		strings.Repeat("a", 1000) + "b",
		"@k:" + pattern,
		pattern,
	} {
		q, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		m := q.Matcher()
		cost := func(size int) time.Duration {
			var s query.Span
			s.AddAny(query.InSpan, "k", strings.Repeat("a", size))
			best := time.Hour
			for range 5 {
				start := time.Now()
				m.Match(&s)
				best = min(best, time.Since(start))
			}
			return best
		}
		cost(1 << 20)
		small, large := cost(1<<17), cost(1<<21)
		if large > 16*8*small { // linear is 16
			t.Errorf("%.20s...: 128 KiB take %v, 2 MiB %v", text, small, large)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	spans := corpus()
	for _, text := range []string{`status:error`, `login`, `@http.route:/login`, `status:error duration:>100ms service:shop @http.route:/login -name:health "free text"`} {
		b.Run(text, func(b *testing.B) {
			q, err := query.Parse(text)
			if err != nil {
				b.Fatal(err)
			}
			m := q.Matcher()
			b.ReportAllocs()
			for b.Loop() {
				for i := range spans {
					m.Match(&spans[i])
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(spans)), "ns/span")
		})
	}
}
