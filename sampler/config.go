package sampler

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/tracehook/tracehook/setting"
)

// Config is one connection's sampling policy as plain values. Mind that the zero Rate is
// 0, which keeps nothing but errors and slow spans.
type Config struct {
	// Connection names the connection in messages and explanations.
	Connection string
	// Service is the process's own service.name. Rules with a service need it at the start of
	// a span, when its resource can't be seen yet; at its end the resource itself counts.
	Service string
	// Rules, in order; at most 1024.
	Rules []Rule
	// Rate is the probability, 0 to 1, of spans that no rule matches.
	Rate float64
	// Limit is the most spans a second that are kept, for whatever reason; 0 is no limit. At
	// most one second's worth passes at once (but always one span). What errors and slow spans
	// have needed in the last seconds is held back for them.
	Limit float64
	// Slow keeps spans that took at least that long; 0 is off.
	Slow time.Duration
	// Key says which random bits decide.
	Key Key
	// Weights says where the exported copies carry th.
	Weights Weights
	// Error keeps spans whose status is an error.
	Error bool
	// IgnoreParent decides below a remote parent as if the trace began here, without the parent's
	// flag, th and rv.
	IgnoreParent bool
	// Propagate gives the connection a vote on the sampled flag that other services see. Only
	// connections with key trace_id vote.
	Propagate bool
	// FollowRoot is for a connection that keeps traces whole: its vote on a span below another one
	// of this process is that on the local root, unless a rule that matches the span is looser.
	FollowRoot bool
	// Dynamic lowers the probability while the connection's queue is nearly full.
	Dynamic bool
	// AssumeAlwaysOn says that spans which didn't come through a head sampler are of a provider
	// that samples everything, so that their weight is known.
	AssumeAlwaysOn bool
}

// Rule gives the spans that match all its conditions a probability. Empty conditions match
// any span. In a glob, * stands for any characters, ? for one, and \ takes the next
// one of these three literally.
type Rule struct {
	// Name is a glob for the span's name.
	Name string
	// Kind is a kind word, of the framework (http, service, ...) or of OpenTelemetry
	// (internal, server, client, producer, consumer). A span that the framework began is
	// compared by the framework's word, any other by OpenTelemetry's. Case doesn't matter.
	Kind string
	// Service is a glob for the service: of the framework span, else service.name.
	Service string
	// Attrs holds conditions on attributes: each key must be present, and its value must match
	// one of the globs. Values are compared as printed: true, 42, 0.5; of a slice, one element
	// has to match.
	Attrs map[string][]string
	// Sample is the probability, 0 to 1.
	Sample float64
}

// maxRules and maxGlob bound what a configuration can make us precompute.
const (
	maxRules = 1024
	maxGlob  = 1024
)

// problems collects what is wrong with a configuration. Its paths are relative to the
// connection's sample table, for instance "rules[2].sample".
type problems []error

func (p *problems) add(key, format string, args ...any) {
	*p = append(*p, setting.Problem{Path: key, Message: fmt.Sprintf(format, args...)})
}

func (p *problems) probability(key string, v float64) {
	if !(v >= 0 && v <= 1) {
		p.add(key, "%v is not a probability: use a number from 0 (none) to 1 (all)", v)
	}
}

// check reports the problems of everything but the rules.
func (c Config) check(p *problems) {
	p.probability("rate", c.Rate)
	if c.Limit < 0 || math.IsNaN(c.Limit) || math.IsInf(c.Limit, 0) {
		p.add("limit", "%v is not a number of spans a second: use a positive number, or leave it out for no limit", c.Limit)
	}
	if c.Slow < 0 {
		p.add("slow", "%v is negative: use a duration such as 500ms, or leave it out", c.Slow)
	}
	if c.Key > ByCounter {
		p.add("key", "unknown key %d: use one of %s", c.Key, strings.Join(keyNames(), ", "))
	}
	if c.FollowRoot && c.Key != ByTraceID {
		p.add("scope", "whole traces need key trace_id, which decides alike about all spans of a trace; it is %s", c.Key)
	}
	if c.Weights > WeightsNever {
		p.add("weights", "unknown value %d: use one of %s", c.Weights, strings.Join(weightsWords(), ", "))
	}
	if len(c.Rules) > maxRules {
		p.add("rules", "%d rules are too many: use at most %d", len(c.Rules), maxRules)
	}
}

func (p problems) err() error { return errors.Join(p...) }
