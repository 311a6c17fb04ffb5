package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// asNumber returns v as a number. Text that holds one will do, as in the framework, and
// because an expanded environment variable is always text.
func asNumber(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
	}
	return 0, false
}

func asInteger(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case string:
		i, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
		return i, err == nil
	}
	return 0, false
}

// asDuration returns v, Go's notation or a number of seconds, as a duration.
func asDuration(v any) (time.Duration, bool) {
	if text, ok := v.(string); ok {
		if duration, err := time.ParseDuration(strings.TrimSpace(text)); err == nil {
			return duration, true
		}
	}
	seconds, ok := asNumber(v)
	if !ok || math.Abs(seconds) >= math.MaxInt64/float64(time.Second) {
		return 0, false
	}
	return time.Duration(math.Round(seconds * float64(time.Second))), true
}

// asBool returns v as a bool; text counts only if it came from the environment.
func (d *decoder) asBool(path string, v any) (value, ok bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case string:
		text := strings.ToLower(strings.TrimSpace(v))
		return text == "true", d.Variable(path) != "" && (text == "true" || text == "false")
	}
	return false, false
}

// asList returns v as a list; text from the environment is one with commas.
func (d *decoder) asList(path string, v any) ([]any, bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case string:
		if d.Variable(path) == "" {
			return nil, false
		}
		var list []any
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
		return list, true
	}
	return nil, false
}

// show returns a value for a message, unless it came from the environment: that is where
// secrets are.
func (d *decoder) show(path string, v any) string {
	if variable := d.Variable(path); variable != "" {
		return "the value of $" + variable
	}
	if text, ok := v.(string); ok {
		const longest = 64
		if len(text) > longest {
			text = text[:longest] + "..."
		}
		return strconv.Quote(text)
	}
	return fmt.Sprint(v)
}

// what names a value that is not what a key wants: a text or a number, which could have been
// right, by itself, anything else by its type.
func (d *decoder) what(path string, v any) string {
	switch v.(type) {
	case string, int64, float64:
		return d.show(path, v)
	}
	return typeName(v)
}

// typeName names the type of v for a message.
func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case string:
		return "text"
	case bool:
		return "a boolean"
	case int64:
		return "a whole number"
	case float64:
		return "a number with decimals"
	case []any:
		return "a list"
	default:
		return "a table"
	}
}
