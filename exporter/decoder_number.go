package exporter

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Int reads a whole number from least to most, both included. A text of digits and a
// float without a fraction count: environment variables and JSON have nothing else.
func (d *Decoder) Int(fallback, least, most int, keys ...string) int {
	key, value, ok := d.find(Key{Type: "integer", Default: fallback}, keys)
	if !ok {
		return fallback
	}
	n, ok := wholeNumber(value)
	if !ok {
		d.Problem(key, "want a whole number, have %s", describe(value))
		return fallback
	}
	if n < int64(least) || n > int64(most) {
		d.Problem(key, "want a whole number %s, have %d", bounds(least, most), n)
		return fallback
	}
	return int(n)
}

func bounds(least, most int) string {
	if most == math.MaxInt {
		return "of at least " + strconv.Itoa(least)
	}
	return "from " + strconv.Itoa(least) + " to " + strconv.Itoa(most)
}

// Float reads a number from least to most, both included. NaN is refused.
func (d *Decoder) Float(fallback, least, most float64, keys ...string) float64 {
	key, value, ok := d.find(Key{Type: "number", Default: fallback}, keys)
	if !ok {
		return fallback
	}
	f, ok := number(value)
	if !ok {
		d.Problem(key, "want a number, have %s", describe(value))
		return fallback
	}
	if !(f >= least && f <= most) {
		d.Problem(key, "want a number from %v to %v, have %v", least, most, f)
		return fallback
	}
	return f
}

// Duration reads a duration that is not negative: a Go duration ("200ms", "1h30m"), a
// number of seconds (0.5 is half a second), or whole days ("7d").
func (d *Decoder) Duration(fallback time.Duration, keys ...string) time.Duration {
	key, value, ok := d.find(Key{Type: "duration", Default: fallback}, keys)
	if !ok {
		return fallback
	}
	duration, ok := ParseDuration(value)
	switch {
	case !ok:
		d.Problem(key, `want a duration such as "200ms", "5s" or "7d", or a number of seconds, have %s`, describe(value))
	case duration < 0:
		d.Problem(key, "want a duration that is not negative, have %s", describe(value))
	default:
		return duration
	}
	return fallback
}

// Size reads a number of bytes that is at least 0: a whole number, or a text with one of
// the units B, K, KB, M, MB, G, GB, T, TB in any case, each 1024 times the one before it
// ("100MB", "1.5k", "2 GB").
func (d *Decoder) Size(fallback int64, keys ...string) int64 {
	key, value, ok := d.find(Key{Type: "size", Default: fallback}, keys)
	if !ok {
		return fallback
	}
	size, ok := ParseSize(value)
	switch {
	case !ok:
		d.Problem(key, `want a size such as "100MB" or a number of bytes, have %s`, describe(value))
	case size < 0:
		d.Problem(key, "want a size that is not negative, have %s", describe(value))
	default:
		return size
	}
	return fallback
}

// ParseDuration reads what [Decoder.Duration] reads, negative ones too.
func ParseDuration(value any) (time.Duration, bool) {
	text, isText := value.(string)
	if isText {
		text = strings.TrimSpace(text)
		if duration, err := time.ParseDuration(text); err == nil {
			return duration, true
		}
		if days, ok := strings.CutSuffix(text, "d"); ok {
			n, err := strconv.ParseInt(days, 10, 32)
			const most = int64(math.MaxInt64 / (24 * time.Hour))
			return time.Duration(n) * 24 * time.Hour, err == nil && n <= most && n >= -most
		}
	}
	seconds, ok := number(value)
	nanos := math.Round(seconds * float64(time.Second))
	if !ok || math.IsNaN(nanos) || math.Abs(nanos) >= math.MaxInt64 {
		return 0, false
	}
	return time.Duration(nanos), true
}

// ParseSize reads what [Decoder.Size] reads, negative ones too.
func ParseSize(value any) (int64, bool) {
	text, isText := value.(string)
	if !isText {
		return wholeNumber(value)
	}
	text = strings.ToUpper(strings.TrimSpace(text))
	digits := strings.TrimSpace(strings.TrimRight(text, "BKMGT"))
	var factor float64
	switch unit := strings.TrimSpace(text[len(strings.TrimRight(text, "BKMGT")):]); unit {
	case "", "B":
		factor = 1
	case "K", "KB":
		factor = 1 << 10
	case "M", "MB":
		factor = 1 << 20
	case "G", "GB":
		factor = 1 << 30
	case "T", "TB":
		factor = 1 << 40
	default:
		return 0, false
	}
	size, ok := number(digits)
	size *= factor
	if !ok || math.IsNaN(size) || math.Abs(size) >= math.MaxInt64 {
		return 0, false
	}
	return int64(size), true
}

func wholeNumber(value any) (int64, bool) {
	switch value := value.(type) {
	case int:
		return int64(value), true
	case int64:
		return value, true
	case float64:
		const most = 1 << 53
		return int64(value), value == math.Trunc(value) && math.Abs(value) <= most
	case string:
		n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		return n, err == nil
	}
	return 0, false
}

func number(value any) (float64, bool) {
	switch value := value.(type) {
	case int:
		return float64(value), true
	case int64:
		return float64(value), true
	case float64:
		return value, !math.IsNaN(value)
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		return f, err == nil && !math.IsNaN(f)
	}
	return 0, false
}
