package bridge

import (
	"encoding/json"
	"reflect"
	"strings"
)

// Map returns s as a map with the keys of its JSON, and the types that a framework's own numbers
// have in all its generations: int for lengths, capacities and the number of connections, int64 for
// counters and for latencies, which are whole milliseconds as there, float64 for factors and adjusted
// counts, bool, string.
func (s Stats) Map() map[string]any {
	m := make(map[string]any)
	structMap(m, reflect.ValueOf(s))
	return m
}

func structMap(m map[string]any, v reflect.Value) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			structMap(m, v.Field(i))
		case !f.IsExported() || name == "-" || strings.Contains(options, "omitempty") && emptyValue(v.Field(i)):
		default:
			m[name] = plainValue(name, v.Field(i))
		}
	}
}

// plainValue returns v as maps, numbers and strings.
func plainValue(name string, v reflect.Value) any {
	switch v.Kind() {
	case reflect.Int, reflect.Int64, reflect.Int32:
		if name == "queue_len" || name == "queue_cap" || name == "connection_count" {
			return int(v.Int())
		}
		return v.Int()
	case reflect.Float64:
		if strings.HasSuffix(name, "_latency_ms") {
			return int64(v.Float())
		}
		return v.Float()
	case reflect.Bool:
		return v.Bool()
	case reflect.String:
		return v.String()
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return plainValue(name, v.Elem())
	case reflect.Map:
		m := make(map[string]any, v.Len())
		for _, key := range v.MapKeys() {
			m[key.String()] = plainValue("", v.MapIndex(key))
		}
		return m
	case reflect.Struct:
		if _, own := reflect.TypeAssert[json.Marshaler](v); !own {
			m := make(map[string]any)
			structMap(m, v)
			return m
		}
	default:
	}
	data, err := json.Marshal(v.Interface())
	if err != nil {
		return nil
	}
	var out any
	if err := json.Unmarshal(data, &out); err != nil {
		return nil
	}
	return out
}

// emptyValue is what encoding/json calls empty.
func emptyValue(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	default:
		return v.IsZero()
	}
}
