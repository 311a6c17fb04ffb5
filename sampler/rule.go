package sampler

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook/internal/nearest"
	"github.com/tracehook/tracehook/internal/vocab"
)

// rule is a compiled [Rule].
type rule struct {
	conditions []condition // by key
	kind       string      // "" is any
	name       glob
	service    glob
	sample     float64
}

// condition accepts an attribute whose printed value matches one of its globs.
type condition struct {
	key     attribute.Key // the present name of one that was renamed
	written string
	old     bool // it has had another name
	values  []glob
	set     *patterns // values, if they are many or slow one by one; else nil
}

// compile prepares c for texts of any content.
func (c *condition) compile() {
	if len(c.values) <= 4 && !slices.ContainsFunc(c.values, func(g glob) bool { return g.shape == globOther }) {
		return
	}
	c.set = newPatterns(1)
	for i := range c.values {
		c.set.add(&c.values[i], 0)
	}
	c.set.compile()
}

// compileRule adds its problems to p under key ("rules[2]").
func compileRule(r Rule, key string, p *problems) rule {
	c := rule{sample: r.Sample, name: compileText(r.Name, key+".name", p), service: compileText(r.Service, key+".service", p)}
	p.probability(key+".sample", r.Sample)
	if r.Kind != "" {
		c.kind = strings.ToLower(r.Kind)
		if !vocab.KnownKind(c.kind) {
			p.add(key+".kind", "unknown kind %q: use one of %s%s; a word of your own is an attribute, attrs = { %q = %q }",
				r.Kind, strings.Join(vocab.Kinds(), ", "), nearest.Hint(r.Kind, vocab.Kinds()), vocab.Kind, r.Kind)
		}
	}
	for name, patterns := range r.Attrs {
		at := key + ".attrs." + name
		if name == "" {
			p.add(key+".attrs", "a condition has an empty attribute key")
		}
		if len(patterns) == 0 {
			p.add(at, "%v", errNoValues)
		}
		cond := condition{key: renamed(attribute.Key(name)), written: name}
		cond.old = hasOld(cond.key)
		i, twice := c.find(cond.key)
		if twice {
			p.add(at, "%s is asked for twice, by its present and an earlier name: keep one of them", cond.key)
		}
		for _, pattern := range patterns {
			g, err := compileGlob(pattern)
			if err != nil {
				p.add(at, "%v", err)
				continue
			}
			cond.values = append(cond.values, g)
		}
		cond.compile()
		c.conditions = slices.Insert(c.conditions, i, cond)
	}
	return c
}

// compileText compiles a glob where "" means anything.
func compileText(pattern, key string, p *problems) glob {
	if pattern == "" {
		return glob{}
	}
	g, err := compileGlob(pattern)
	if err != nil {
		p.add(key, "%v", err)
	}
	return g
}

// matches is the plain form of what a matcher answers from what it remembers and in one pass for all
// rules: it explains decisions, and is what tests hold the matcher against.
func (r *rule) matches(s *subject) bool {
	if !r.name.match(s.name) {
		return false
	}
	if r.kind != "" && r.kind != s.kindWord() {
		return false
	}
	if r.service.shape != globAny && !r.service.match(s.serviceName()) {
		return false
	}
	for i := range r.conditions {
		if !r.conditions[i].met(s.attrs) {
			return false
		}
	}
	return true
}

func (c *condition) met(attrs []attribute.KeyValue) bool {
	v := lookup(attrs, c.key, c.old)
	return v != nil && c.accepts(*v, 0)
}

// maxDepth bounds how deep slices of slices are looked into.
const maxDepth = 4

func (c *condition) accepts(v attribute.Value, depth int) bool {
	if depth < maxDepth {
		if all, ok := elements(v); ok {
			return slices.ContainsFunc(all, func(v attribute.Value) bool { return c.accepts(v, depth+1) })
		}
	}
	var buf [32]byte
	text, number := scalar(v, buf[:0])
	if number != nil {
		text = string(number)
	}
	if c.set != nil {
		var found [1]uint64
		c.set.match(text, found[:])
		return found[0] != 0
	}
	for i := range c.values {
		if c.values[i].match(text) {
			return true
		}
	}
	return false
}

// anything reports that r matches every span.
func (r *rule) anything() bool {
	return r.name.shape == globAny && r.kind == "" && r.service.shape == globAny && len(r.conditions) == 0
}

// find returns where in conditions, which are in the order of their keys, the one on key is or belongs, and
// whether it is there.
func (r *rule) find(key attribute.Key) (at int, ok bool) {
	return slices.BinarySearchFunc(r.conditions, key, func(c condition, key attribute.Key) int { return cmp.Compare(c.key, key) })
}

// within reports whether every span that r matches is matched by o, too.
func (r *rule) within(o *rule) bool {
	if o.kind != "" && o.kind != r.kind {
		return false
	}
	if !included(&r.name, []glob{o.name}) || !included(&r.service, []glob{o.service}) {
		return false
	}
	for i := range o.conditions {
		at, ok := r.find(o.conditions[i].key)
		if !ok {
			return false
		}
		for j := range r.conditions[at].values {
			if !included(&r.conditions[at].values[j], o.conditions[i].values) {
				return false
			}
		}
	}
	return true
}

// String returns the rule's conditions as a person would write them.
func (r *rule) String() string {
	var parts []string
	if r.name.pattern != "" {
		parts = append(parts, fmt.Sprintf("name %q", r.name.pattern))
	}
	if r.kind != "" {
		parts = append(parts, "kind "+strconv.Quote(r.kind))
	}
	if r.service.pattern != "" {
		parts = append(parts, fmt.Sprintf("service %q", r.service.pattern))
	}
	for _, c := range r.conditions {
		var quoted []string
		for _, g := range c.values {
			quoted = append(quoted, strconv.Quote(g.pattern))
		}
		parts = append(parts, c.written+" = "+strings.Join(quoted, " or "))
	}
	if len(parts) == 0 {
		return "no condition"
	}
	return strings.Join(parts, ", ")
}
