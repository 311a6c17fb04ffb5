package encode

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
)

// appendFloat appends f as JSON: the shortest number that reads back as f, or a string for
// NaN and the infinities.
func appendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	if millionths, ok := short(f); ok {
		return appendMillis(dst, millionths)
	}
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, 64)
}

// short says whether f is the nearest float to a number of at most fifteen digits, six of
// them decimals, and returns that number in millionths. No two numbers of fifteen digits have
// the same nearest float, so it is also the shortest one that reads back as f.
func short(f float64) (millionths int64, ok bool) {
	const most = 1e15
	scaled := math.Round(f * 1e6)
	if math.Abs(scaled) < 1 || math.Abs(scaled) >= most { // 0 may be -0
		return 0, false
	}
	millionths = int64(scaled)
	return millionths, float64(millionths)/1e6 == f // a correctly rounded quotient of exact numbers
}

// appendMillis appends nanoseconds as milliseconds with as many decimals as they need.
func appendMillis(dst []byte, nano int64) []byte {
	if nano < 0 {
		dst = append(dst, '-')
		nano = -nano
	}
	dst = appendInt(dst, nano/1e6)
	rest := uint32(nano % 1e6)
	if rest == 0 {
		return dst
	}
	x := digits(rest * 100)
	zeros := bits.LeadingZeros64(x) / 8
	dst = binary.LittleEndian.AppendUint64(append(dst, '.'), x+lows*'0')
	return dst[:len(dst)-zeros]
}

// digits returns the eight digits of a number below 1e8, the first one in the lowest byte.
func digits(n uint32) uint64 {
	x := uint64(n/1e4) | uint64(n%1e4)<<32
	hundreds := x * 10486 >> 20 & 0x0000007f0000007f // of each half: 10486 is 2^20/100
	x = hundreds | (x-hundreds*100)<<16
	tens := x * 103 >> 10 & 0x000f000f000f000f // of each quarter: 103 is 2^10/10
	return tens | (x-tens*10)<<8
}

// appendInt appends n. Most numbers of people and of HTTP have few digits.
func appendInt(dst []byte, n int64) []byte {
	switch {
	case n < 0 || n >= 1e4:
		return strconv.AppendInt(dst, n, 10)
	case n >= 1e3:
		return append(dst, '0'+byte(n/1e3), '0'+byte(n/1e2%10), '0'+byte(n/10%10), '0'+byte(n%10))
	case n >= 1e2:
		return append(dst, '0'+byte(n/1e2), '0'+byte(n/10%10), '0'+byte(n%10))
	case n >= 10:
		return append(dst, '0'+byte(n/10), '0'+byte(n%10))
	default:
		return append(dst, '0'+byte(n))
	}
}

// appendHex appends id, whose length is a multiple of four, four bytes at a time.
func appendHex(dst, id []byte) []byte {
	for ; len(id) >= 4; id = id[4:] {
		dst = binary.BigEndian.AppendUint64(dst, hex(binary.BigEndian.Uint32(id)))
	}
	return dst
}

// hex returns the eight digits of four bytes.
func hex(four uint32) uint64 {
	x := uint64(four)
	// One nibble into each byte.
	x = (x<<16 | x) & 0x0000ffff0000ffff
	x = (x<<8 | x) & 0x00ff00ff00ff00ff
	x = (x<<4 | x) & 0x0f0f0f0f0f0f0f0f
	// Those above nine are letters, which follow 39 places behind the digits.
	letters := (x + lows*6) >> 4 & lows
	return x + lows*'0' + letters*39
}
