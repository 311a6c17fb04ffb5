package bridge

import (
	"strconv"

	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/internal/vocab"
	"github.com/tracehook/tracehook/sampler"
)

// Explanation says what one connection does with a span and why.
type Explanation = sampler.Explanation

// Explain says for each connection, in the order of the configuration, what would happen
// to a span of this name, kind and attributes that starts here without a parent: which
// rule, which probability, what the head sampler does, and why. kind is the framework's
// word or OTel's; "" is internal.
func (b *Bridge) Explain(name, kind string, attrs ...attribute.KeyValue) []Explanation {
	if b == nil {
		return nil
	}
	connections := b.state.Load().plan.connections
	all := make([]Explanation, len(connections))
	for i, n := range connections {
		all[i] = n.policy.Explain(name, kind, attrs...)
		all[i].Redacted = n.redactor.Explain(name, attrs)
		b.warnForeign(&all[i])
	}
	return all
}

// explainWith returns what explain = true adds to an exported span: tracehook.rule, the
// pattern of the rule that decided or the word for what else did, and
// tracehook.probability. Where another span of the trace decided, the rule is "trace" with what
// decided about that span and its name. The other texts are made once.
func explainWith(rules []config.Rule) func(decision.Verdict) []attribute.KeyValue {
	words := make([]attribute.KeyValue, len(rules))
	for i, r := range rules {
		words[i] = vocab.Rule.String(ruleText(r, i))
	}
	return func(v decision.Verdict) []attribute.KeyValue {
		rule := vocab.Rule.String(v.Reason.String())
		switch {
		case v.Reason == decision.ByRule && int(v.Rule) < len(words):
			rule = words[v.Rule]
		case v.Reason == decision.ByTrace && v.By != "":
			cause := v.Cause.String()
			if v.Cause == decision.ByRule && int(v.Rule) < len(words) {
				cause = words[v.Rule].Value.AsString()
			}
			rule = vocab.Rule.String(v.Reason.String() + ": " + cause + " of " + v.By)
		}
		return []attribute.KeyValue{rule, vocab.Probability.Float64(v.Threshold.Probability())}
	}
}

// ruleText is how people recognize a rule.
func ruleText(r config.Rule, i int) string {
	text := "rules[" + strconv.Itoa(i) + "]"
	if r.Name != "" {
		text += " " + r.Name
	}
	return text
}
