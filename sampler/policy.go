package sampler

import (
	"fmt"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/decision"
)

// Policy is the sampling policy of one connection. It decides about ended spans and tells
// a [Head] what to record. Its rules never change; a new configuration is a new Policy.
//
// Where a span comes from is in [decision.Span], set by the Head ([Head.Ended]); a span that
// nobody has told anything about counts as one of a foreign provider.
type Policy struct {
	config  Config
	matcher *matcher
	entries []entry // of each rule, then of the rate
	always  entry
	notes   []string
	loosest decision.Threshold // that any span could get, at factor 1
	factor  factor
	limit   *limit // nil without a limit
	head    atomic.Pointer[Head]
}

var _ decision.Judge = (*Policy)(nil)

// NewPolicy compiles c. All its problems are reported at once, each as a [setting.Problem]
// that errors.As finds and whose key is relative to the connection's sample table. The
// Policy copies what it needs of c.
func NewPolicy(c Config) (*Policy, error) {
	var p problems
	c.check(&p)
	var rules []rule
	if len(c.Rules) <= maxRules {
		for i, r := range c.Rules {
			rules = append(rules, compileRule(r, fmt.Sprintf("rules[%d]", i), &p))
		}
	}
	policy := &Policy{config: c, always: newEntry(1)}
	policy.config.Rules = nil
	if len(p) == 0 {
		policy.matcher = newMatcher(rules)
		policy.notes = policy.matcher.rank(&p)
	}
	if len(p) > 0 {
		return nil, p.err()
	}
	policy.loosest = decision.Never
	rate := true
	for i := range rules {
		policy.add(rules[i].sample)
		rate = rate && !rules[i].anything()
	}
	before := policy.loosest
	policy.add(c.Rate)
	if !rate { // a rule matches everything: the rate is never used
		policy.loosest = before
	}
	policy.factor.start = time.Now()
	if c.Limit > 0 {
		policy.limit = newLimit(c.Limit)
	}
	return policy, nil
}

func (p *Policy) add(sample float64) {
	e := newEntry(sample)
	p.entries = append(p.entries, e)
	p.loosest = min(p.loosest, e.thresholds[0])
}

// SetClock makes now, which never goes back, the time of the limit: for replays of what was recorded.
// It must be called before the first decision.
func (p *Policy) SetClock(now func() time.Time) {
	if p.limit != nil {
		p.limit.start, p.limit.now = now(), now
	}
}

// Notes says, for the log at load, which rules stand behind a less narrow one and decide all
// the same. It is nil if there is nothing to say. The caller must not change it.
func (p *Policy) Notes() []string { return p.notes }

// Factor returns the dynamic factor of the last decision: 1, 0.5, 0.2 or 0.1; always 1 if the
// policy isn't dynamic.
func (p *Policy) Factor() float64 { return factorOf(p.factor.level()) }

// FactorAt returns the dynamic factor that a decision at this moment, at that load, would apply.
// It changes nothing.
func (p *Policy) FactorAt(load float64) float64 {
	if !p.config.Dynamic {
		return 1
	}
	return factorOf(p.factor.levelAt(load))
}

// Sampler returns a new [Head] over p alone: a sampler for those who use no connections. What
// only shows at the end of a span (errors, slow, factor, limit) is up to a span processor
// that asks [Policy.Decide].
func (p *Policy) Sampler() sdktrace.Sampler { return NewHead(p) }

// late reports that p keeps spans for what shows only at their end.
func (p *Policy) late() bool { return p.config.Error || p.config.Slow > 0 }

// votes reports that p has a say in the sampled flag.
func (p *Policy) votes() bool { return p.config.Propagate && p.config.Key == ByTraceID }

// needed returns the threshold from which on p may keep a span by probability, in terms of the
// trace's randomness: with another key that says nothing, unless p keeps none at all.
func (p *Policy) needed() decision.Threshold {
	if p.config.Key != ByTraceID && p.loosest < decision.Never {
		return decision.Always
	}
	return p.loosest
}

// entryAt returns the entry of a rule's index, or of the rate for -1.
func (p *Policy) entryAt(rule int) *entry {
	if rule < 0 {
		rule = len(p.entries) - 1
	}
	return &p.entries[rule]
}
