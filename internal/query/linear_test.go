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
		cost := func(size int) func() time.Duration {
			var s query.Span
			s.AddAny(query.InSpan, "k", strings.Repeat("a", size))
			return func() time.Duration {
				start := time.Now()
				m.Match(&s)
				return time.Since(start)
			}
		}
		small, large := cost(1<<16), cost(1<<20)
		large()                                     // its buffers grow
		least := [2]time.Duration{1 << 62, 1 << 62} // in turns, as others use the machine, too
		for range 15 {
			least[0], least[1] = min(least[0], small()), min(least[1], large())
		}
		if least[1] > 100*least[0] { // linear is 16, quadratic 256
			t.Errorf("%.20s...: 64 KiB take %v, 1 MiB %v", text, least[0], least[1])
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
