package query

import (
	"cmp"
	"math"
	"strconv"
)

// Value is one plain value. The zero Value is there, but says nothing.
type Value struct {
	text string
	bits uint64
	kind valueKind
}

type valueKind uint8

const (
	isNothing valueKind = iota
	isText
	isBool
	isInt
	isFloat
)

// Text is a text.
func Text(s string) Value { return Value{text: s, kind: isText} }

// Bool is true or false.
func Bool(b bool) Value {
	v := Value{kind: isBool}
	if b {
		v.bits = 1
	}
	return v
}

// Int is a whole number.
func Int(n int64) Value { return Value{bits: uint64(n), kind: isInt} }

// Float is a number. NaN and the infinities are the texts that OTLP writes for them, and a whole
// number is the same as the Int: files don't tell them apart either.
func Float(f float64) Value {
	switch {
	case math.IsNaN(f):
		return Text("NaN")
	case math.IsInf(f, 1):
		return Text("Infinity")
	case math.IsInf(f, -1):
		return Text("-Infinity")
	case f == math.Trunc(f) && math.Abs(f) < 1<<63:
		return Int(int64(f))
	}
	return Value{bits: math.Float64bits(f), kind: isFloat}
}

// appendText appends v as it is printed.
func (v *Value) appendText(dst []byte) []byte {
	switch v.kind {
	case isText:
		return append(dst, v.text...)
	case isBool:
		return strconv.AppendBool(dst, v.bits == 1)
	case isInt:
		return strconv.AppendInt(dst, int64(v.bits), 10)
	case isFloat:
		return strconv.AppendFloat(dst, math.Float64frombits(v.bits), 'g', -1, 64)
	case isNothing:
	}
	return dst
}

// number returns v as a number; a text counts if it is one.
func (v *Value) number() (number, bool) {
	switch v.kind {
	case isInt:
		return number{whole: int64(v.bits), isWhole: true, float: float64(int64(v.bits))}, true
	case isFloat:
		return number{float: math.Float64frombits(v.bits)}, true
	case isText:
		return parseNumber(v.text)
	case isNothing, isBool:
	}
	return number{}, false
}

// number is whole exactly if it can be.
type number struct {
	float   float64
	whole   int64
	isWhole bool
}

// longestNumber is how many bytes of a text may be a number: no longer text is looked at.
const longestNumber = 32

// parseNumber reads a finite decimal number.
func parseNumber(s string) (number, bool) {
	if s == "" || len(s) > longestNumber || s[0] != '-' && s[0] != '+' && s[0] != '.' && (s[0] < '0' || s[0] > '9') {
		return number{}, false
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return number{whole: n, isWhole: true, float: float64(n)}, true
	}
	for i := range len(s) { // no hexadecimal, no underscores, no infinities
		switch c := s[i]; {
		case c >= '0' && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
		default:
			return number{}, false
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return number{}, false
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<63 {
		return number{whole: int64(f), isWhole: true, float: f}, true
	}
	return number{float: f}, true
}

// compare returns -1, 0 or 1.
func (n number) compare(m number) int {
	if n.isWhole && m.isWhole {
		return cmp.Compare(n.whole, m.whole)
	}
	return cmp.Compare(n.float, m.float)
}
