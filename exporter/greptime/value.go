package greptime

import (
	"encoding/hex"
	"math"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of the messages that rows are made of.
const (
	rowValue = 1 // Row.values

	valueInteger   = 4
	valueUnsigned  = 8
	valueFloat     = 10
	valueText      = 13
	valueTimestamp = 19
)

// Each of these appends one Value of a Row. Rows are by far the most of a request, and messages
// for them would cost two allocations for every value.

// appendNull appends a Value with nothing in it.
func appendNull(dst []byte) []byte {
	dst = protowire.AppendTag(dst, rowValue, protowire.BytesType)
	return protowire.AppendVarint(dst, 0)
}

// appendText replaces what is not UTF-8: GreptimeDB would refuse the whole request.
func appendText(dst []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	dst = appendTextHead(dst, len(s))
	return append(dst, s...)
}

// appendBytes appends text that is known to be valid.
func appendBytes(dst, s []byte) []byte {
	dst = appendTextHead(dst, len(s))
	return append(dst, s...)
}

func appendID(dst, id []byte) []byte {
	dst = appendTextHead(dst, hex.EncodedLen(len(id)))
	return hex.AppendEncode(dst, id)
}

func appendTextHead(dst []byte, n int) []byte {
	dst = protowire.AppendTag(dst, rowValue, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(protowire.SizeTag(valueText)+protowire.SizeBytes(n)))
	dst = protowire.AppendTag(dst, valueText, protowire.BytesType)
	return protowire.AppendVarint(dst, uint64(n))
}

func appendInteger(dst []byte, n int64) []byte { return appendVarint(dst, valueInteger, uint64(n)) }

func appendUnsigned(dst []byte, n uint64) []byte { return appendVarint(dst, valueUnsigned, n) }

func appendTimestamp(dst []byte, nano int64) []byte {
	return appendVarint(dst, valueTimestamp, uint64(nano))
}

func appendVarint(dst []byte, field protowire.Number, n uint64) []byte {
	dst = protowire.AppendTag(dst, rowValue, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(protowire.SizeTag(field)+protowire.SizeVarint(n)))
	dst = protowire.AppendTag(dst, field, protowire.VarintType)
	return protowire.AppendVarint(dst, n)
}

func appendFloat(dst []byte, f float64) []byte {
	dst = protowire.AppendTag(dst, rowValue, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(protowire.SizeTag(valueFloat)+protowire.SizeFixed64()))
	dst = protowire.AppendTag(dst, valueFloat, protowire.Fixed64Type)
	return protowire.AppendFixed64(dst, math.Float64bits(f))
}
