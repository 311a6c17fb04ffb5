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

// clock has the digits of a time in Unix nanoseconds: ten of the second, eight in a word,
// the first one lowest, and the last one. Most spans share their second with the one before,
// so that its digits are written once.
type clock struct {
	second [secondWidth]byte
	next   uint64
	last   byte
	begin  int64 // of the second; 0 before the first
}

const secondWidth = 10

// set changes the time, unless it has another width.
func (c *clock) set(nano int64) bool {
	if nano < leastNano {
		return false
	}
	rest := nano - c.begin
	if rest < 0 || rest >= 1e9 {
		rest = nano % 1e9
		c.begin = nano - rest
		strconv.AppendInt(c.second[:0], nano/1e9, 10)
	}
	c.next = digits(uint32(rest/10)) + lows*'0'
	c.last = '0' + byte(rest%10)
	return true
}

func (c *clock) putNano(dst *[nanoWidth]byte) {
	*(*[secondWidth]byte)(dst[:]) = c.second
	binary.LittleEndian.PutUint64(dst[secondWidth:], c.next)
	dst[nanoWidth-1] = c.last
}

func (c *clock) putMilli(dst *[milliWidth]byte) {
	*(*[secondWidth]byte)(dst[:]) = c.second
	dst[10], dst[11], dst[12] = byte(c.next), byte(c.next>>8), byte(c.next>>16)
}
