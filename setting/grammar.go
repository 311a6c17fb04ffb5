package setting

import (
	"math"
	"strconv"
	"strings"
	"time"
)

func asText(v any) (string, bool) {
	s, ok := v.(string)
	return s, ok
}

// Bool returns v, a bool or the text true or false, as a bool.
func Bool(v any) (value, ok bool) {
	if s, isText := v.(string); isText {
		s = strings.ToLower(strings.TrimSpace(s))
		return s == "true", s == "true" || s == "false"
	}
	value, ok = v.(bool)
	return value, ok
}

// mostExact is the largest whole float64 below which every whole number has one.
const mostExact = 1 << 53

func asInteger(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case float64:
		return int64(v), v == math.Trunc(v) && math.Abs(v) <= mostExact
	case string:
		if i, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64); err == nil {
			return i, true
		}
		if f, ok := asNumber(v); ok {
			return asInteger(f)
		}
	}
	return 0, false
}

func asNumber(v any) (float64, bool) {
	var f float64
	switch v := v.(type) {
	case int:
		f = float64(v)
	case int64:
		f = float64(v)
	case float64:
		f = v
	case string:
		parsed, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		if err != nil {
			return 0, false
		}
		f = parsed
	default:
		return 0, false
	}
	return f, !math.IsNaN(f) && !math.IsInf(f, 0)
}

func asDuration(v any) (time.Duration, bool) {
	if d, ok := v.(time.Duration); ok {
		return d, true
	}
	if text, ok := v.(string); ok {
		text = strings.TrimSpace(text)
		if d, err := time.ParseDuration(text); err == nil {
			return d, true
		}
		if days, ok := strings.CutSuffix(text, "d"); ok {
			n, err := strconv.ParseInt(days, 10, 32)
			const most = int64(math.MaxInt64 / (24 * time.Hour))
			return time.Duration(n) * 24 * time.Hour, err == nil && n <= most && n >= -most
		}
	}
	seconds, ok := asNumber(v)
	nanoseconds := math.Round(seconds * float64(time.Second))
	if !ok || math.Abs(nanoseconds) >= math.MaxInt64 {
		return 0, false
	}
	return time.Duration(nanoseconds), true
}

func asSize(v any) (int64, bool) {
	text, isText := v.(string)
	if !isText {
		return asInteger(v)
	}
	text = strings.ToUpper(strings.TrimSpace(text))
	text = strings.Replace(text, "IB", "B", 1) // MiB is what MB is here
	digits := strings.TrimRight(text, "BKMGT")
	shift, ok := map[string]int{
		"": 0, "B": 0, "K": 10, "KB": 10, "M": 20, "MB": 20, "G": 30, "GB": 30, "T": 40, "TB": 40,
	}[text[len(digits):]]
	size, isNumber := asNumber(digits)
	size = math.Ldexp(size, shift)
	if !ok || !isNumber || math.Abs(size) >= math.MaxInt64 {
		return 0, false
	}
	return int64(size), true
}
