package setting

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration reads a duration of at least least, which isn't negative.
func (t *Table) Duration(fallback, least time.Duration, names ...string) time.Duration {
	return read(t, Key{Names: names, Type: "duration", Default: fallback, Least: least}, asDuration, longEnough(least))
}

// Bounds are what a duration may be.
type Bounds struct {
	// Least and Most are the shortest and the longest; Most 0 is no bound.
	Least, Most time.Duration
	// Age says that something is kept for that long, not waited for: other programs count days
	// where this one counts seconds.
	Age bool
	// Bare is the longest wait, or the shortest age, that a number without a unit may mean: 5000
	// was meant to be milliseconds. 0 is no bound.
	Bare time.Duration
}

// DurationIn reads a duration within bounds.
func (t *Table) DurationIn(fallback time.Duration, b Bounds, names ...string) time.Duration {
	key := Key{Names: names, Type: "duration", Default: fallback, Least: b.Least}
	if b.Most > 0 {
		key.Most = b.Most
	}
	bare := false
	return read(t, key, func(v any) (time.Duration, bool) {
		_, bare = asNumber(v)
		return asDuration(v)
	}, func(d time.Duration) string {
		switch problem := longEnough(b.Least)(d); {
		case b.Most > 0 && d > 0 && (d < b.Least || d > b.Most):
			return " is outside " + brief(b.Least) + ".." + brief(b.Most)
		case problem != "":
			return problem
		case bare && b.Bare > 0 && b.Age && d < b.Bare && d%time.Second == 0:
			return t.meant("seconds", "d", "days", "s", d.Seconds(), names)
		case bare && b.Bare > 0 && !b.Age && d > b.Bare && !hours(d):
			return t.meant("seconds", "ms", "milliseconds", "s", d.Seconds(), names)
		}
		return ""
	})
}

// hours reports a number of whole hours that is no round number of milliseconds: who writes 3600
// or 86400 counts seconds.
func hours(d time.Duration) bool { return d%time.Hour == 0 && d%(1000*time.Second) != 0 }

// brief writes a duration without units of zero.
func brief(d time.Duration) string {
	if days := d / (24 * time.Hour); days > 0 && d%(24*time.Hour) == 0 {
		return strconv.FormatInt(int64(days), 10) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = text[:len(text)-2]
	}
	if strings.HasSuffix(text, "h0m") {
		text = text[:len(text)-2]
	}
	return text
}

func longEnough(least time.Duration) func(time.Duration) string {
	return func(d time.Duration) string {
		switch {
		case d >= least:
			return ""
		case d < 0:
			return " is negative"
		case d == 0:
			return " is not longer than 0; leave it out for the default"
		}
		return " is too short; the least is " + least.String()
	}
}

// meant says that a number without a unit was probably meant in another one than ours, which are
// whole units. What came from a variable isn't shown.
func (t *Table) meant(whole, unit, units, own string, n float64, names []string) string {
	const says = " without a unit counts %s, which is hardly meant: write "
	if t.Variable(t.Name(names...)) != "" {
		return fmt.Sprintf(says+"%s behind the number for %s, or %s if it is", whole, unit, units, own)
	}
	number := strconv.FormatFloat(n, 'f', -1, 64)
	return fmt.Sprintf(says+`"%s%s" for %s, or "%s%s" if it is`, whole, number, unit, units, number, own)
}

// leastBare is the smallest size that a number without a unit may mean: other programs count
// megabytes.
const leastBare = 4096

// Size reads a number of bytes of at least least. A number below 4096 needs a unit.
func (t *Table) Size(fallback, least int64, names ...string) int64 {
	bare := false
	return read(t, Key{Names: names, Type: "size", Default: fallback, Least: least}, func(v any) (int64, bool) {
		_, bare = asNumber(v)
		return asSize(v)
	}, func(n int64) string {
		switch {
		case n == 0 && least > 0:
			return " is not larger than 0; leave it out for the default"
		case bare && 0 < n && n < leastBare:
			return t.meant("bytes", "MB", "megabytes", "B", float64(n), names)
		}
		return atLeast(n, least, sizeOf(least))
	})
}

// sizeOf writes a number of bytes with the largest unit that leaves it whole.
func sizeOf(n int64) string {
	units := []string{"", "KB", "MB", "GB", "TB"}
	for len(units) > 1 && n != 0 && n%1024 == 0 {
		n, units = n/1024, units[1:]
	}
	return strconv.FormatInt(n, 10) + units[0]
}
