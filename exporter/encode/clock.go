package encode

import (
	"encoding/binary"
	"strconv"
)

// Widths of times from 2001 to 2262, in Unix milliseconds and nanoseconds. The digits of
// the milliseconds are the first ones of the nanoseconds.
const (
	milliWidth = 13
	nanoWidth  = 19
	leastNano  = 1e18
)

// clock has the digits of a time in Unix nanoseconds. Most spans share their second with the
// one before, so that it writes its digits once.
type clock struct {
	digits [nanoWidth]byte
	second int64 // where it begins; 0 before the first
}

// set changes the time, unless it has another width.
func (c *clock) set(nano int64) bool {
	if nano < leastNano {
		return false
	}
	rest := nano - c.second
	if rest < 0 || rest >= 1e9 {
		rest = nano % 1e9
		c.second = nano - rest
		strconv.AppendInt(c.digits[:0], nano/1e9, 10)
	}
	binary.LittleEndian.PutUint64(c.digits[10:], digits(uint32(rest/10))+lows*'0')
	c.digits[18] = '0' + byte(rest%10)
	return true
}
