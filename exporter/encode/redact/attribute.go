package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

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

// passes reports that no rule finds anything in kv. It copies no text.
func (r *Redactor) passes(kv *attribute.KeyValue) bool {
	key := string(kv.Key)
	return (!r.keyed || r.keyPasses(key)) && r.plain(key, &kv.Value)
}

// plain reports that nothing is found in what v holds, as [Redactor.contents] would.
func (r *Redactor) plain(key string, v *attribute.Value) bool {
	switch v.Type() {
	case attribute.STRING:
		return !r.finds(v.AsString(), isQuery(key))
	case attribute.INT64:
		return !r.cards || !isCardInt(v.AsInt64())
	case attribute.FLOAT64:
		return !r.cards || !isCardFloat(v.AsFloat64())
	case attribute.INT64SLICE:
		return !r.cards || !slices.ContainsFunc(v.AsInt64Slice(), isCardInt)
	case attribute.FLOAT64SLICE:
		return !r.cards || !slices.ContainsFunc(v.AsFloat64Slice(), isCardFloat)
	case attribute.STRINGSLICE:
		return !slices.ContainsFunc(v.AsStringSlice(), func(s string) bool { return r.finds(s, isQuery(key)) })
	case attribute.BYTESLICE:
		return !r.finds(string(v.AsByteSlice()), isQuery(key))
	case attribute.SLICE:
		return !slices.ContainsFunc(v.AsSlice(), func(e attribute.Value) bool { return !r.plain(key, &e) })
	case attribute.MAP:
		return !slices.ContainsFunc(v.AsMap(), func(kv attribute.KeyValue) bool { return !r.passes(&kv) })
	default:
		return true
	}
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
		switch r.actionOf(key) {
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
		if out = r.text(out, isQuery(key)); out != in {
			return attribute.StringValue(out), true
		}
	case attribute.INT64:
		if r.cards && isCardInt(v.AsInt64()) {
			return r.card(), true
		}
	case attribute.FLOAT64:
		if r.cards && isCardFloat(v.AsFloat64()) {
			return r.card(), true
		}
	case attribute.INT64SLICE:
		if r.cards {
			return listOf(v, v.AsInt64Slice(), attribute.Int64Value, isCardInt, r.card)
		}
	case attribute.FLOAT64SLICE:
		if r.cards {
			return listOf(v, v.AsFloat64Slice(), attribute.Float64Value, isCardFloat, r.card)
		}
	case attribute.STRINGSLICE:
		texts, found := v.AsStringSlice(), false
		for i, in := range texts {
			texts[i] = r.text(in, isQuery(key))
			found = found || texts[i] != in
		}
		if found {
			return attribute.StringSliceValue(texts), true
		}
	case attribute.BYTESLICE:
		in := string(v.AsByteSlice())
		if out := r.text(in, isQuery(key)); out != in {
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

// card counts a number that is the one of a card, and returns what stands in its place.
func (r *Redactor) card() attribute.Value {
	r.counts.pattern("card")
	return attribute.StringValue(Masked)
}

// listOf returns v, which holds list, or a list in which hidden stands in place of what hides says.
func listOf[T any](v attribute.Value, list []T, value func(T) attribute.Value, hides func(T) bool, hidden func() attribute.Value) (attribute.Value, bool) {
	if !slices.ContainsFunc(list, hides) {
		return v, false
	}
	out := make([]attribute.Value, len(list))
	for i, e := range list {
		if out[i] = value(e); hides(e) {
			out[i] = hidden()
		}
	}
	return attribute.SliceValue(out...), true
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
