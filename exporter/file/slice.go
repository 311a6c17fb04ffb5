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

// period names the slice of t. It is equal for two times of one slice only. The offset
// from UTC parts the two hours that a clock shows twice in autumn.
func (s Slice) period(t time.Time) period {
	year, month, day := t.Date()
	switch s {
	case Hourly:
		_, offset := t.Zone()
		return period{year, month, day, t.Hour(), offset}
	case Daily:
		return period{year, month, day, 0, 0}
	case Monthly:
		return period{year, month, 0, 0, 0}
	case Yearly:
		return period{year, 0, 0, 0, 0}
	case NoSlice:
	}
	return period{}
}

type period struct {
	year      int
	month     time.Month
	day, hour int
	offset    int
}
