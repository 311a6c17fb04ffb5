package redact

import (
	"errors"
	"strings"

	"github.com/tracehook/tracehook/setting"
)

// FromTable reads the table redact of a connection or of [otel]. It adds the problems of the keys to
// those of t, except for unknown keys.
func FromTable(t *setting.Table) Options {
	o := Options{
		Drop:     t.Strings("drop"),
		Mask:     t.Strings("mask"),
		Hash:     t.Strings("hash"),
		HashKey:  t.String("", "hash_key"),
		Query:    t.Strings("query"),
		SQL:      t.Bool(false, "sql"),
		Patterns: t.Strings("patterns"),
	}
	t.Done()
	return o
}

// Problems adds what [New] found wrong to the problems of t, each at its key.
func Problems(t *setting.Table, err error) {
	var each *Error
	switch all, ok := err.(interface{ Unwrap() []error }); {
	case err == nil:
	case ok:
		for _, e := range all.Unwrap() {
			Problems(t, e)
		}
	case errors.As(err, &each):
		t.Problem(each.Key, "%s", strings.TrimSpace(each.Problem))
	}
}
