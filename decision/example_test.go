package decision_test

import (
	"fmt"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

// One trace, two probabilities: what 10 % keeps, 50 % keeps too.
func ExampleThreshold() {
	id, _ := trace.TraceIDFromHex("4bf92f3577b34da6a3f92f3577b34da6")
	r := decision.RandomnessOf(id[:])
	for _, p := range []float64{0.01, 0.1, 0.5} {
		t := decision.FromProbability(p)
		fmt.Printf("p=%-4v th:%-5s keeps %s: %-5v stands for %.4g\n", p, t, r, t.Keeps(r), t.AdjustedCount())
	}
	// Output:
	// p=0.01 th:fd70a keeps f92f3577b34da6: false stands for 100
	// p=0.1  th:e666  keeps f92f3577b34da6: true  stands for 9.999
	// p=0.5  th:8     keeps f92f3577b34da6: true  stands for 2
}
