package sampler

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"go.opentelemetry.io/otel/attribute"
)

// Rules that ask for exact values of one attribute take one lookup; it must say what the
// plain loop says, for every type of value.
func TestOneKeyAgainstThePlainLoop(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(11, 12))
	value := func() string { return []string{"a", "b", "1", "1.5", "true"}[random.IntN(5)] }
	tables, rulesFound := 0, 0
	for range 500 {
		var rules []Rule
		for i := range 1 + random.IntN(8) {
			r := Rule{Name: []string{"", "x*", "xy"}[random.IntN(3)], Sample: float64(i) / 10}
			if random.IntN(3) > 0 {
				r.Attrs = map[string][]string{"k": {value(), fmt.Sprint(value(), random.IntN(2))}}
			}
			rules = append(rules, r)
		}
		m := compiled(t, rules)
		for _, attrs := range [][]attribute.KeyValue{
			nil,
			{attribute.String("other", "a")},
			{attribute.String("k", value())},
			{attribute.String("k", value()), attribute.String("k", value())},
			{attribute.Int("k", 1)},
			{attribute.Float64("k", 1.5)},
			{attribute.Bool("k", true)},
			{attribute.StringSlice("k", []string{value(), value()})},
			{attribute.Int64Slice("k", []int64{1})},
		} {
			s := &subject{name: "xy", attrs: attrs}
			want := plain(m.rules, s)
			for range 2 { // learning, then knowing
				if got := m.find(s); got != want {
					t.Fatalf("%v of %+v: rule %d, want %d", attrs, rules, got, want)
				}
			}
			if want >= 0 {
				rulesFound++
			}
		}
		if k := m.memo.get("xy"); k != nil && k.oneKey != nil {
			tables++
		}
	}
	if tables < 300 || rulesFound < 2000 {
		t.Errorf("%d tables and %d rules found: the test shows too little", tables, rulesFound)
	}
}
