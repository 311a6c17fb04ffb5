package sampler_test

import (
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook/sampler"
)

// The framework's published example: the specific rule stands last and decides all the same.
func ExamplePolicy_Explain() {
	policy, err := sampler.NewPolicy(sampler.Config{
		Connection: "greptime",
		Rate:       0.2,
		Error:      true,
		Slow:       time.Second,
		Propagate:  true,
		Rules: []sampler.Rule{
			{Name: "http:*", Sample: 0.1},
			{Name: "service:*", Sample: 0.3},
			{Name: "service:user.*", Sample: 1, Attrs: map[string][]string{"vip": {"true"}}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Join(policy.Notes(), "\n"))
	sampler.NewHead(policy)
	fmt.Println(policy.Explain("service:user.login", "service", attribute.Bool("vip", true)))
	// Output:
	// rules[2] (name "service:user.*", vip = "true") is narrower than rules[1] (name "service:*"), which stands before it: spans that match both are sampled at 1, not at 0.3
	// connection "greptime":
	//   if its status is an error it is kept, whatever follows
	//   if it takes 1s or longer it is kept, whatever follows
	//   rules[2] (name "service:user.*", vip = "true") gives it 1
	//   rules[1] (name "service:*") matches before it, but is less narrow
	//   so it is kept in traces whose randomness is at least th:0, and stands for itself alone
	//   below a remote parent that is sampled the smaller probability of both counts; below one that is not, only errors and slow spans are kept
	//   at its start the head sampler records it in 1 of all traces and sets the sampled flag, for all connections together, in 1
}
