package file

import (
	"strings"
	"time"
)

// Slice is a stretch of the local clock; a file holds no more than one. The zero value is
// no slicing.
type Slice uint8

// The slices.
const (
	NoSlice Slice = iota
	Hourly
	Daily
	Monthly
	Yearly
)

// ParseSlice reads "hour", "day", "month", "year" or their first letter, in any case.
func ParseSlice(text string) (Slice, bool) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "h", "hour":
		return Hourly, true
	case "d", "day":
		return Daily, true
	case "m", "month":
		return Monthly, true
	case "y", "year":
		return Yearly, true
	}
	return NoSlice, false
}

// period is a slice of the clock as year, month, day, hour and the offset from UTC, which
// parts the two hours that a clock shows twice in autumn.
type period [5]int

// period returns the slice that t is in.
func (s Slice) period(t time.Time) period {
	year, month, day := t.Date()
	_, offset := t.Zone()
	p := period{year, int(month), day, t.Hour(), offset}
	clear(p[[...]int{NoSlice: 0, Yearly: 1, Monthly: 2, Daily: 3, Hourly: 5}[s]:])
	return p
}
