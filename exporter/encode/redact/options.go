package redact

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// Func redacts a value in code. The key is that of an attribute, also below a map; it is empty for
// texts that have none: the name of a span or an event, and the status text. Func returns the value
// to export; a value without a type removes the attribute. It must be fast, must not change what
// the value holds, and may be called by several goroutines. If it panics, the value is masked.
type Func func(key string, value attribute.Value) attribute.Value

// Options say what is redacted. They add to each other with [Options.Plus]; the zero Options
// redact nothing. Globs have * and ?, and don't distinguish upper and lower case.
type Options struct {
	// Defaults turns on what the semantic conventions name: user and password of URLs, and
	// signatures in the queries of URLs.
	Defaults bool
	// Drop, Mask and Hash are globs of attribute keys. Dropped attributes are removed, the values of
	// masked ones become "REDACTED", and those of hashed ones a keyed hash, which is equal for equal
	// values. Of several that match a key the first in this order counts.
	Drop, Mask, Hash []string
	// HashKey is the key of Hash, which needs one.
	HashKey string
	// Query are globs of names of query parameters whose values are masked, wherever a text has a
	// query.
	Query []string
	// SQL replaces the literals in db.query.text and db.statement by question marks, and masks
	// db.query.parameter.*.
	SQL bool
	// Patterns are what is masked in any text: "card", "token", "email" and "password", which are
	// built in, or regular expressions in Go's syntax.
	Patterns []string
	// Func is called before all others; nil is none.
	Func Func
}

// Plus returns options that redact what o or p does. The hash key of p wins, and the functions are
// called one after the other.
func (o Options) Plus(p Options) Options {
	o.Defaults = o.Defaults || p.Defaults
	o.Drop = union(o.Drop, p.Drop)
	o.Mask = union(o.Mask, p.Mask)
	o.Hash = union(o.Hash, p.Hash)
	o.Query = union(o.Query, p.Query)
	o.Patterns = union(o.Patterns, p.Patterns)
	o.SQL = o.SQL || p.SQL
	if p.HashKey != "" {
		o.HashKey = p.HashKey
	}
	switch first, second := o.Func, p.Func; {
	case first == nil:
		o.Func = second
	case second != nil:
		o.Func = func(key string, value attribute.Value) attribute.Value {
			if value = first(key, value); value.Type() == attribute.EMPTY {
				return value
			}
			return second(key, value)
		}
	}
	return o
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// empty reports whether o redacts nothing.
func (o Options) empty() bool {
	return !o.Defaults && !o.SQL && o.Func == nil && len(o.Drop)+len(o.Mask)+len(o.Hash)+len(o.Query)+len(o.Patterns) == 0
}

// Error is what is wrong with one of the [Options].
type Error struct {
	// Key is the option as the configuration names it, such as "patterns[1]".
	Key     string
	Problem string
}

// Error returns the key and the problem.
func (e *Error) Error() string { return e.Key + ": " + e.Problem }

// New compiles o. It returns nil if o redacts nothing. The error joins an [*Error] for each option
// that is wrong; it doesn't show the hash key.
func New(o Options) (*Redactor, error) {
	if o.empty() {
		return nil, nil
	}
	r := &Redactor{defaults: o.Defaults, sql: o.SQL, call: o.Func, hashKey: []byte(o.HashKey)}
	var errs []error
	for _, list := range []struct {
		key    string
		globs  []string
		action action
	}{{"drop", o.Drop, actDrop}, {"mask", o.Mask, actMask}, {"hash", o.Hash, actHash}} {
		for i, g := range list.globs {
			if g == "" {
				errs = append(errs, &Error{fmt.Sprintf("%s[%d]", list.key, i), "is empty; name an attribute key, or a glob such as \"*password*\""})
			}
			r.keys = append(r.keys, keyRule{strings.ToLower(g), list.action})
		}
	}
	if o.SQL {
		r.keys = append(r.keys, keyRule{"db.query.parameter.*", actMask})
	}
	if len(o.Hash) > 0 && o.HashKey == "" {
		errs = append(errs, &Error{"hash_key", "is missing, and hash needs it: without a key of your own anybody could find the values by trying"})
	}
	for i, g := range o.Query {
		if g == "" {
			errs = append(errs, &Error{fmt.Sprintf("query[%d]", i), "is empty; name a query parameter, or a glob such as \"*token*\""})
		}
		r.query = append(r.query, strings.ToLower(g))
	}
	for i, name := range o.Patterns {
		p, err := compile(name)
		if err != nil {
			errs = append(errs, &Error{fmt.Sprintf("patterns[%d]", i), err.Error()})
			continue
		}
		r.cards = r.cards || name == "card"
		r.patterns = append(r.patterns, p)
	}
	if r.keyed = len(r.keys) > 0 || r.sql || r.call != nil; r.keyed {
		r.known = new(knownKeys)
	}
	r.urls = r.defaults || len(r.query) > 0
	r.counts = newCounts(r.patterns)
	return r, errors.Join(errs...)
}

func compile(name string) (pattern, error) {
	if find, ok := builtin(name); ok {
		return pattern{name: name, find: find}, nil
	}
	re, err := regexp.Compile(name)
	if err != nil {
		return pattern{}, fmt.Errorf("is neither one of card, token, email, password nor a regular expression: %w", err)
	}
	if re.MatchString("") {
		return pattern{}, errors.New("is a regular expression that matches the empty text")
	}
	return pattern{name: name, find: func(s string, from int) (int, int) { return first(re.FindStringIndex(s[from:]), from) }}, nil
}

func first(at []int, from int) (start, end int) {
	if at == nil {
		return -1, -1
	}
	return from + at[0], from + at[1]
}
