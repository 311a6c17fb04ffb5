package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"time"
	"unicode/utf8"

	gotoml "github.com/pelletier/go-toml/v2"

	"github.com/tracehook/tracehook/setting"
)

// maxValues bounds what a few YAML aliases, or a map that holds itself, can grow to.
const maxValues = 1 << 17

// normalize returns the part of m that this package reads, as string, bool, int64, float64,
// []any and map[string]any, with environment variables expanded. Everything else in m belongs
// to somebody else and isn't looked at.
func (d *decoder) normalize(m map[string]any) map[string]any {
	d.foreign(m)
	out := make(map[string]any)
	for _, key := range sortedKeys(m) {
		switch v := m[key]; {
		case slices.Contains(identityKeys(), key):
			if isScalar(v) {
				out[key] = d.value(key, v, 0)
			}
		case key == "trace" || key == "otel":
			if v == nil { // "trace:" with nothing below, in YAML
				v = map[string]any{}
			}
			out[key] = d.value(key, v, 0)
		default:
			if key != "traces" {
				d.nearMiss(key, v)
			}
		}
	}
	return out
}

// value returns v in one of the types of normalize, or nil if it has reported a problem.
func (d *decoder) value(path string, v any, depth int) any {
	switch d.values++; {
	case d.endless:
		return nil
	case depth > maxDepth:
		d.fail(path, "%s", tooDeep())
		d.endless = true
		return nil
	case d.values > maxValues:
		d.fail(path, "is value number %d, and no configuration has as many", d.values)
		d.endless = true
		return nil
	}
	switch v := v.(type) {
	case nil:
		d.fail(path, "has no value; leave the key out, or write {} for an empty table")
		return nil
	case bool:
		return v
	case string:
		return d.text(path, v)
	case json.Number:
		return d.jsonNumber(path, v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case time.Duration, gotoml.LocalDate, gotoml.LocalTime, gotoml.LocalDateTime:
		return fmt.Sprint(v)
	}
	return d.reflected(path, reflect.ValueOf(v), depth)
}

// reflected handles every other type that a decoder or a framework may have used, such as
// []map[string]any or a named string.
func (d *decoder) reflected(path string, v reflect.Value, depth int) any {
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool()
	case reflect.String:
		return d.text(path, v.String())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if v.Uint() > math.MaxInt64 {
			d.fail(path, "is too large a number")
			return nil
		}
		return int64(v.Uint()) // checked above
	case reflect.Float32, reflect.Float64:
		return d.float(path, v.Float())
	case reflect.Slice, reflect.Array:
		list := make([]any, 0, v.Len())
		for i := range v.Len() {
			if d.endless {
				break
			}
			list = append(list, d.value(setting.At(path, i), v.Index(i).Interface(), depth+1))
		}
		return list
	case reflect.Map:
		return d.reflectedMap(path, v, depth)
	default:
		d.fail(path, "is a Go %s, which no configuration holds", v.Type())
		return nil
	}
}

func (d *decoder) reflectedMap(path string, v reflect.Value, depth int) any {
	table := make(map[string]any, v.Len())
	for key, value := range v.Seq2() {
		table[fmt.Sprint(key.Interface())] = value.Interface()
	}
	for _, name := range sortedKeys(table) {
		if d.endless {
			return nil
		}
		table[name] = d.value(setting.Join(path, name), table[name], depth+1)
	}
	return table
}

func (d *decoder) jsonNumber(path string, n json.Number) any {
	if i, err := n.Int64(); err == nil {
		return i
	}
	f, _ := n.Float64() // infinite if it is too large
	return d.float(path, f)
}

// exact is the largest whole float64 below which every whole number has one.
const exact = 1 << 53

// float makes a whole number an integer: JSON, TOML and YAML differ in when they make one of
// 5.0, and nobody who writes a setting should have to know.
func (d *decoder) float(path string, f float64) any {
	switch {
	case math.IsNaN(f):
		d.fail(path, "nan is not a number")
		return nil
	case math.IsInf(f, 0):
		d.fail(path, "is too large a number")
		return nil
	case f == math.Trunc(f) && math.Abs(f) <= exact:
		return int64(f)
	}
	return f
}

// text expands a string.
func (d *decoder) text(path, s string) any {
	if !utf8.ValidString(s) {
		d.fail(path, "is not UTF-8")
		return nil
	}
	if d.literal {
		return s
	}
	e := expansion{lookup: d.lookup, hermetic: d.hermetic}
	expanded, _, err := e.text(s, 0)
	if d.expanded += len(expanded); err == nil && d.expanded > maxSize && len(e.names) > 0 {
		err = fmt.Errorf("makes the configuration longer than %d MiB, which none is", maxSize>>20)
	}
	switch {
	case err != nil && e.here:
		d.top.ProblemHere(path, "%v", err)
		return nil
	case err != nil:
		d.fail(path, "%v", err)
		return nil
	case e.unknown:
		d.SetUnknown(path)
		return s
	}
	if len(e.names) > 0 {
		d.SetVariable(path, e.names[0], expanded)
	}
	for _, name := range e.empty {
		d.warn(name, fmt.Sprintf("is set but empty, and %s holds its text; write ${%s:-} if that is meant", path, name))
	}
	return expanded
}

func isScalar(v any) bool {
	kind := reflect.ValueOf(v).Kind()
	return kind == reflect.String || kind >= reflect.Bool && kind <= reflect.Float64
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
