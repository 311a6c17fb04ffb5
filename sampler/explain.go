package sampler

import (
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook/internal/vocab"
)

// Explanation says what a connection would do with a span, and why. It marshals to JSON
// with the field names below in lower case.
type Explanation struct {
	// Connection is the connection's name.
	Connection string `json:"connection"`
	// Rule is the index of the rule that decides, -1 if the rate does; RuleText its conditions.
	Rule     int    `json:"rule"`
	RuleText string `json:"rule_text"`
	// Configured is the probability that the rule or the rate asks for; Factor the dynamic
	// factor at present; Probability what comes of both, as it is applied.
	Configured  float64 `json:"configured"`
	Factor      float64 `json:"factor"`
	Probability float64 `json:"probability"`
	// Threshold is the th of the exported copy; "" if the span isn't kept by probability.
	Threshold string `json:"threshold"`
	// Scope is what is kept or left out as one: "span", or what the process records of a "trace".
	Scope string `json:"scope"`
	// Votes reports that the connection has a say in the sampled flag.
	Votes bool `json:"votes"`
	// Sampled is the share of traces for which such a span, at the root, has the sampled
	// flag; Recorded the share for which it is recorded at all.
	Sampled  float64 `json:"sampled"`
	Recorded float64 `json:"recorded"`
	// Why is the explanation in sentences, in the order of the policy.
	Why []string `json:"why"`
	// Redacted are the keys of the attributes that the connection exports redacted or not at all,
	// and "name" if that holds for the name.
	Redacted []string `json:"redacted,omitempty"`
	// Warnings are the sentences of Why that may come as a surprise.
	Warnings []string `json:"warnings,omitempty"`
}

// String returns the sentences, one a line, under the connection's name.
func (e Explanation) String() string {
	return fmt.Sprintf("connection %q:\n  %s", e.Connection, strings.Join(e.Why, "\n  "))
}

// Explain says what p would do with an ordinary span of that name, kind word ("" is
// internal) and attributes, in a trace that begins here. It takes no token of the limit.
func (p *Policy) Explain(name, kind string, attrs ...attribute.KeyValue) Explanation {
	kind = strings.ToLower(kind)
	attrs = slices.Clone(attrs)
	for i := range attrs {
		attrs[i].Key = vocab.Key(string(attrs[i].Key)) // whoever asks for a word of the hook means it
	}
	sub := subject{name: name, word: kind, otelKind: vocab.SpanKind(kind), attrs: attrs, service: p.config.Service}
	if kind == "" {
		sub.word = "" // an attribute tracehook.kind counts
	}
	rule := p.matcher.find(&sub)
	entry := p.entryAt(rule)
	level := p.factor.level()
	t := entry.thresholds[level]
	e := Explanation{
		Connection: p.config.Connection, Rule: rule, RuleText: "no rule matches",
		Configured: p.config.Rate, Factor: factorOf(level), Probability: t.Probability(), Votes: p.votes(), Scope: "span",
	}
	if rule >= 0 {
		e.RuleText, e.Configured = p.matcher.rules[rule].String(), p.matcher.rules[rule].sample
	}
	if p.config.Key != ByCounter {
		e.Threshold = t.String()
	}
	if kind != "" && !vocab.KnownKind(kind) {
		e.warn("%q is no kind that a rule can ask for: these are %s", kind, strings.Join(vocab.Kinds(), ", "))
	}
	p.explainScope(&e)
	p.explainSelf(&e, &sub)
	p.explainHead(&e, &sub)
	e.Why = append(e.Why, e.Warnings...)
	return e
}

func (e *Explanation) say(format string, args ...any) {
	e.Why = append(e.Why, fmt.Sprintf(format, args...))
}

func (e *Explanation) warn(format string, args ...any) {
	e.Warnings = append(e.Warnings, "mind: "+fmt.Sprintf(format, args...))
}

// explainScope says what one span can't know of its trace.
func (p *Policy) explainScope(e *Explanation) {
	if !p.config.FollowRoot {
		return
	}
	e.Scope = "trace"
	e.say("scope = \"trace\": what the process records of its trace is kept or left out as one, by the loosest of its spans; what follows is this span's own say, as a local root")
	if e.Rule < 0 {
		e.say("below another span of this process it has no say, since no rule matches it: the rate speaks for local roots only")
	}
}

func (p *Policy) explainSelf(e *Explanation, sub *subject) {
	whatever := "whatever follows"
	if p.limit != nil {
		whatever += " but the limit"
	}
	if p.config.Error {
		e.say("if its status is an error it is kept, %s", whatever)
	}
	if p.config.Slow > 0 {
		e.say("if it takes %v or longer it is kept, %s", p.config.Slow, whatever)
	}
	switch {
	case e.Rule < 0:
		e.say("no rule matches: the rate, %v, decides", e.Configured)
	default:
		e.say("rules[%d] (%s) gives it %v", e.Rule, e.RuleText, e.Configured)
		if first := p.firstMatch(sub); first != e.Rule {
			e.say("rules[%d] (%s) matches before it, but is less narrow", first, &p.matcher.rules[first])
		}
	}
	if p.config.Dynamic && e.Factor < 1 {
		e.say("the queue is nearly full: a factor of %v leaves %.4g", e.Factor, e.Probability)
	}
	switch {
	case e.Probability == 0:
		e.say("so it is not kept")
	case p.config.Key == ByTraceID:
		e.say("so it is kept in traces whose randomness is at least th:%s, and stands for %s", e.Threshold, spans(1/e.Probability))
	case p.config.Key == ByCounter:
		e.say("so an exact share of %.4g of such spans is kept, in the order in which they end; its weight is not written", e.Probability)
	default:
		e.say("so it is kept if its own randomness (key %s) is at least th:%s, and stands for %s", p.config.Key, e.Threshold, spans(1/e.Probability))
	}
	if p.limit != nil {
		e.say("at most %v spans a second are kept; what passes while some are refused has no weight", p.config.Limit)
	}
	if p.config.IgnoreParent {
		e.say("a remote parent's decision is ignored")
	} else {
		e.say("below a remote parent that is sampled the smaller probability of both counts; below one that is not, %s", p.unsampled())
	}
}

// unsampled says what is kept below a remote parent that was not sampled.
func (p *Policy) unsampled() string {
	switch {
	case p.config.Error && p.config.Slow > 0:
		return "only errors and slow spans are kept"
	case p.config.Error:
		return "only errors are kept"
	case p.config.Slow > 0:
		return "only slow spans are kept"
	default:
		return "nothing is kept"
	}
}

func spans(count float64) string {
	if count == 1 {
		return "itself alone"
	}
	return fmt.Sprintf("%.6g spans", count)
}

// firstMatch returns the first rule that matches, narrow or not.
func (p *Policy) firstMatch(sub *subject) int {
	for i := range p.matcher.rules {
		if p.matcher.rules[i].matches(sub) {
			return i
		}
	}
	return -1
}

func (p *Policy) explainHead(e *Explanation, sub *subject) {
	h := p.head.Load()
	if h == nil {
		e.warn("the policy has no head sampler: spans come from elsewhere, and their weight is known only if their provider is declared to sample everything")
		return
	}
	set := h.set.Load()
	e.Recorded = set.recorded.Probability()
	e.Sampled = set.roots.ask(sub).threshold.Probability()
	e.say("at its start the head sampler records it in %.4g of all traces and sets the sampled flag, for all connections together, in %.4g", e.Recorded, e.Sampled)
	switch {
	case p.config.Propagate && p.config.Key != ByTraceID:
		e.warn("this connection has no vote on the sampled flag, because its key is %s: other services don't know what it keeps", p.config.Key)
	case !p.config.Propagate:
		e.warn("this connection has no vote on the sampled flag (propagate = false): other services may not sample what it keeps")
	}
	if e.Probability > 0 && e.Recorded == 0 {
		e.warn("the head sampler records nothing: the connection isn't part of the present configuration")
	}
}
