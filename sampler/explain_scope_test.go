package sampler_test

import (
	"strings"
	"testing"

	"github.com/tracehook/tracehook/sampler"
)

func TestExplainSaysTheScope(t *testing.T) {
	t.Parallel()
	for _, whole := range []bool{false, true} {
		e := policy(t, sampler.Config{Rate: 0.1, Error: true, FollowRoot: whole}).Explain("db", "")
		said := strings.Contains(e.String(), "as one") && strings.Contains(e.String(), "the rate speaks for local roots only")
		if want := map[bool]string{false: "span", true: "trace"}[whole]; e.Scope != want || said != whole {
			t.Errorf("scope %s: %s", e.Scope, e)
		}
	}
	if _, err := sampler.NewPolicy(sampler.Config{Rate: 1, FollowRoot: true, Key: sampler.BySpanID}); err == nil || !strings.Contains(err.Error(), "scope: whole traces need key trace_id") {
		t.Error(err)
	}
}
