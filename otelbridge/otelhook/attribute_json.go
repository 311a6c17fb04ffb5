package otelhook

import (
	"cmp"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
)

// maxDepth is how many maps, slices, structs and pointers inside of each other are
// written; what lies deeper, also because it contains itself, becomes "…".
const maxDepth = 8

// reflectValue returns v, which is neither nil nor one of the types that valueOf knows:
// named basic types as what they are made of, everything else as JSON of at most
// [maxText] bytes.
func reflectValue(v any) attribute.Value {
	r := reflect.ValueOf(v)
	for range maxDepth {
		if r.Kind() != reflect.Pointer && r.Kind() != reflect.Interface {
			break
		}
		if r.IsNil() {
			return attribute.Value{}
		}
		r = r.Elem()
		if r.CanInterface() {
			if text, ok := ownText(r.Interface()); ok {
				return attribute.StringValue(text)
			}
		}
	}
	switch r.Kind() {
	case reflect.String:
		return attribute.StringValue(clean(r.String()))
	case reflect.Bool:
		return attribute.BoolValue(r.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return attribute.Int64Value(r.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return uintValue(r.Uint())
	case reflect.Float32, reflect.Float64:
		return floatValue(r.Float())
	case reflect.Complex64, reflect.Complex128:
		return attribute.StringValue(strconv.FormatComplex(r.Complex(), 'g', -1, 128))
	case reflect.Chan, reflect.Func, reflect.UnsafePointer, reflect.Pointer, reflect.Interface, reflect.Invalid:
		return attribute.StringValue(typeName(v))
	default:
		w := jsonWriter{left: maxText}
		w.value(r, maxDepth)
		return attribute.StringValue(string(w.b))
	}
}

// jsonWriter writes JSON until its budget is used up. It always closes what it opened.
// Unlike encoding/json it writes something for any value, and never more than asked.
type jsonWriter struct {
	b    []byte
	left int // budget, in bytes, less what closing brackets will need
}

const ellipsis = `"…"`

// value writes r, whose maps and slices may be depth levels deep.
func (w *jsonWriter) value(r reflect.Value, depth int) {
	if !r.IsValid() {
		w.raw("null")
		return
	}
	switch r.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice, reflect.Chan, reflect.Func:
		if r.IsNil() {
			w.raw("null")
			return
		}
	default:
	}
	if r.CanInterface() && r.Kind() != reflect.Interface {
		if text, ok := ownText(r.Interface()); ok {
			w.string(text)
			return
		}
	}
	switch r.Kind() {
	case reflect.Interface:
		w.value(r.Elem(), depth)
	case reflect.Bool:
		w.raw(strconv.FormatBool(r.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		w.raw(strconv.FormatInt(r.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		w.raw(strconv.FormatUint(r.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		f := r.Float()
		text := strconv.FormatFloat(f, 'g', -1, r.Type().Bits())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			text = strconv.Quote(text)
		}
		w.raw(text)
	case reflect.String:
		w.string(clean(r.String()))
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Array, reflect.Struct:
		if depth <= 0 {
			w.raw(ellipsis)
			return
		}
		w.composite(r, depth-1)
	default:
		w.string(r.Type().String())
	}
}

func (w *jsonWriter) composite(r reflect.Value, depth int) {
	switch r.Kind() {
	case reflect.Pointer:
		w.value(r.Elem(), depth)
	case reflect.Struct:
		w.open('{')
		w.fields(r, depth)
		w.close('}')
	case reflect.Map:
		w.open('{')
		w.entries(r, depth)
		w.close('}')
	default:
		if r.Kind() == reflect.Slice && r.Type().Elem().Kind() == reflect.Uint8 {
			w.string(bytesText(r.Bytes()))
			return
		}
		w.open('[')
		for i := range r.Len() {
			if !w.next('[') {
				break
			}
			w.value(r.Index(i), depth)
		}
		w.close(']')
	}
}

// entries writes a map in the order of its keys. Of a map that can't fit anyway it sorts
// no more than could.
func (w *jsonWriter) entries(r reflect.Value, depth int) {
	type pair struct {
		key   string
		value reflect.Value
	}
	var list []pair
	for it := r.MapRange(); it.Next() && len(list) <= w.left/4; {
		list = append(list, pair{keyText(it.Key()), it.Value()})
	}
	slices.SortStableFunc(list, func(a, b pair) int { return cmp.Compare(a.key, b.key) })
	for _, e := range list {
		if !w.next('{') {
			return
		}
		w.key(e.key)
		w.value(e.value, depth)
	}
}

func keyText(k reflect.Value) string {
	if k.Kind() == reflect.String {
		return shorten(clean(k.String()))
	}
	if k.CanInterface() {
		return textOf(k.Interface())
	}
	return k.Type().String()
}

// fields writes the exported fields of a struct by their JSON names; what encoding/json
// would leave out for its tag stays out.
func (w *jsonWriter) fields(r reflect.Value, depth int) {
	t := r.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" && options == "" {
			continue
		}
		if f.Anonymous && name == "" {
			if e := reflect.Indirect(r.Field(i)); e.Kind() == reflect.Struct {
				if depth > 0 {
					w.fields(e, depth-1)
				}
				continue
			}
		}
		if !f.IsExported() {
			continue
		}
		if strings.Contains(options, "omitempty") && r.Field(i).IsZero() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		if !w.next('{') {
			return
		}
		w.key(clean(name))
		w.value(r.Field(i), depth)
	}
}

func (w *jsonWriter) open(c byte) {
	w.b = append(w.b, c)
	w.left -= 2 // the closing one too
}

func (w *jsonWriter) close(c byte) { w.b = append(w.b, c) }

// next separates elements; false if there is no room for another.
func (w *jsonWriter) next(opened byte) bool {
	if w.left < 2*len(ellipsis)+2 {
		return false
	}
	if w.b[len(w.b)-1] != opened {
		w.b = append(w.b, ',')
		w.left--
	}
	return true
}

func (w *jsonWriter) key(s string) {
	w.string(s)
	w.b = append(w.b, ':')
	w.left--
}

// raw writes s, a number or a word, or an ellipsis if it doesn't fit.
func (w *jsonWriter) raw(s string) {
	if len(s) > w.left {
		s = ellipsis
	}
	w.b = append(w.b, s...)
	w.left -= len(s)
}

// string writes valid UTF-8 in quotes, cut to what is left.
func (w *jsonWriter) string(s string) {
	from := len(w.b)
	w.b = append(w.b, '"')
	const longest = len(`\u0000`)
	room := w.left - len(ellipsis) - longest
	for _, c := range s {
		if len(w.b)-from > room {
			w.b = append(w.b, "…"...)
			break
		}
		w.b = appendRune(w.b, c)
	}
	w.b = append(w.b, '"')
	w.left -= len(w.b) - from
}

func appendRune(b []byte, c rune) []byte {
	const hex = "0123456789abcdef"
	switch {
	case c == '"' || c == '\\':
		return append(b, '\\', byte(c))
	case c == '\n':
		return append(b, `\n`...)
	case c == '\t':
		return append(b, `\t`...)
	case c < ' ' || c == 0x7f:
		return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
	}
	return utf8.AppendRune(b, c)
}
