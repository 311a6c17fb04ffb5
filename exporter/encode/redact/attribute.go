package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// action is what happens to the value of a key.
type action uint8

const (
	actNone action = iota
	actDrop
	actMask
	actHash
)

// keyRule is a glob of attribute keys, in lower case.
type keyRule struct {
	glob   string
	action action
}

// action returns what the rules say of a key.
func (r *Redactor) action(key string) action {
	for i := range r.keys {
		if matchFold(r.keys[i].glob, key) {
			return r.keys[i].action
		}
	}
	return actNone
}

// attributes returns what is exported for in, and whether that is anything else than in itself.
// It doesn't write to in.
func (r *Redactor) attributes(in []attribute.KeyValue) (out []attribute.KeyValue, changed bool) {
	var quotes quotes
	for i := range in {
		if r.passes(&in[i]) {
			if changed {
				out = append(out, in[i])
			}
			continue
		}
		key := string(in[i].Key)
		if r.sql && isSQL(key) && quotes == unknownQuotes {
			quotes = quotesOf(in)
		}
		v, redacted := r.value(key, in[i].Value, quotes)
		if redacted && !changed {
			out, changed = append(make([]attribute.KeyValue, 0, len(in)), in[:i]...), true
		}
		if changed && v.Type() != attribute.EMPTY || changed && !redacted {
			out = append(out, attribute.KeyValue{Key: in[i].Key, Value: v})
		}
	}
	if !changed {
		return in, false
	}
	return out, true
}

// passes reports that no rule can find anything in kv. It is the quick way for most attributes: it
// copies no value.
func (r *Redactor) passes(kv *attribute.KeyValue) bool {
	if r.call != nil || len(r.patterns) > 0 || r.sql || r.action(string(kv.Key)) != actNone {
		return false
	}
	switch kv.Value.Type() {
	case attribute.STRING:
		return plain(kv.Value.AsString())
	case attribute.BOOL, attribute.INT64, attribute.FLOAT64, attribute.BOOLSLICE, attribute.INT64SLICE, attribute.FLOAT64SLICE:
		return true
	default:
		return false
	}
}

// plain reports that a text has none of the bytes without which it holds neither user information nor
// a query.
func plain(s string) bool {
	return strings.IndexByte(s, '@') < 0 && strings.IndexByte(s, '=') < 0 && strings.IndexByte(s, '%') < 0
}

// value returns the redacted value of a key, and whether it differs. A value without a type stands
// for an attribute that is dropped.
func (r *Redactor) value(key string, v attribute.Value, quotes quotes) (out attribute.Value, changed bool) {
	if r.call != nil {
		if v, changed = r.called(key, v); changed && v.Type() == attribute.EMPTY {
			return v, true
		}
	}
	if len(r.keys) > 0 {
		switch r.action(key) {
		case actDrop:
			r.counts.drop.Add(1)
			return attribute.Value{}, true
		case actMask:
			return r.masked(v)
		case actHash:
			r.counts.hash.Add(1)
			return attribute.StringValue(r.hash(v.String())), true
		case actNone:
		}
	}
	out, found := r.contents(key, v, quotes)
	return out, found || changed
}

func (r *Redactor) masked(v attribute.Value) (attribute.Value, bool) {
	if v.Type() == attribute.STRING && v.AsString() == Masked {
		return v, false
	}
	r.counts.mask.Add(1)
	return attribute.StringValue(Masked), true
}

// contents redacts what a value holds, whatever its key is called.
func (r *Redactor) contents(key string, v attribute.Value, quotes quotes) (attribute.Value, bool) {
	switch v.Type() {
	case attribute.STRING:
		in := v.AsString()
		out := in
		if r.sql && isSQL(key) {
			out = r.literals(in, quotes)
		}
		if out = r.keyed(key, out); out != in {
			return attribute.StringValue(out), true
		}
	case attribute.INT64:
		if r.cards && isCard(strconv.FormatInt(v.AsInt64(), 10)) {
			r.counts.pattern("card")
			return attribute.StringValue(Masked), true
		}
	case attribute.STRINGSLICE:
		texts, found := v.AsStringSlice(), false
		for i, in := range texts {
			texts[i] = r.keyed(key, in)
			found = found || texts[i] != in
		}
		if found {
			return attribute.StringSliceValue(texts), true
		}
	case attribute.BYTESLICE:
		in := string(v.AsByteSlice())
		if out := r.keyed(key, in); out != in {
			return attribute.ByteSliceValue([]byte(out)), true
		}
	case attribute.SLICE:
		values, found := v.AsSlice(), false
		for i := range values {
			out, changed := r.contents(key, values[i], quotes)
			values[i], found = out, found || changed
		}
		if found {
			return attribute.SliceValue(values...), true
		}
	case attribute.MAP:
		if pairs, found := r.attributes(v.AsMap()); found {
			return attribute.MapValue(pairs...), true
		}
	default:
	}
	return v, false
}

// called asks the function of the options.
func (r *Redactor) called(key string, v attribute.Value) (out attribute.Value, changed bool) {
	defer func() {
		if recover() != nil {
			r.counts.call.Add(1)
			out, changed = attribute.StringValue(Masked), true
		}
	}()
	if out = r.call(key, v); out == v {
		return v, false
	}
	r.counts.call.Add(1)
	return out, true
}

// hash returns a keyed hash of 128 bits in hex digits.
func (r *Redactor) hash(s string) string {
	mac := hmac.New(sha256.New, r.hashKey)
	mac.Write([]byte(s))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// matchFold reports whether s matches a glob with * and ?, which is in lower case, whatever the
// case of the ASCII letters of s.
func matchFold(glob, s string) bool {
	if !strings.ContainsAny(glob, "*?") {
		return len(glob) == len(s) && strings.EqualFold(glob, s)
	}
	g, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case g < len(glob) && glob[g] == '*':
			star, mark = g, i
			g++
		case g < len(glob) && (glob[g] == '?' || glob[g] == lower(s[i])):
			g++
			i++
		case star >= 0:
			mark++
			g, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(glob[g:], "*") == ""
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
