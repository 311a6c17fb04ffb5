package encode

import (
	"math"
	"strconv"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// appendUnixNano appends an unsigned number: times before 1970 are 0.
func appendUnixNano(dst []byte, n int64) []byte { return strconv.AppendInt(dst, max(n, 0), 10) }

func appendCount(dst []byte, key string, n int) []byte {
	if n <= 0 {
		return dst
	}
	dst = append(dst, `,"`...)
	dst = append(dst, key...)
	dst = append(dst, `":`...)
	return strconv.AppendUint(dst, uint64(min(int64(n), math.MaxUint32)), 10)
}

// otlpFlags are the trace flags with two bits more: whether it is known that the context
// came from elsewhere, and whether it did.
func otlpFlags(flags trace.TraceFlags, remote bool) uint32 {
	const known, isRemote = 0x100, 0x200
	n := uint32(flags) | known
	if remote {
		n |= isRemote
	}
	return n
}

// otlpKind is the number of a kind in OTLP, 0 for one that isn't known.
func otlpKind(k trace.SpanKind) int64 {
	switch k {
	case trace.SpanKindInternal:
		return 1
	case trace.SpanKindServer:
		return 2
	case trace.SpanKindClient:
		return 3
	case trace.SpanKindProducer:
		return 4
	case trace.SpanKindConsumer:
		return 5
	default:
		return 0
	}
}

// otlpStatus is the number of a status in OTLP: 0 for unset.
func otlpStatus(c codes.Code) byte {
	switch c {
	case codes.Ok:
		return 1
	case codes.Error:
		return 2
	default:
		return 0
	}
}
