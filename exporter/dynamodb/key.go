package dynamodb

import (
	"encoding/binary"
	"math"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter/encode"
)

// keys are the two attributes that are the key of a table.
type keys struct {
	hash, sort string
	numbers    bool // the recorder's
}

// newKeys returns the key: by the names that fields give to the ids, or by their own.
func newKeys(o *Options) keys {
	k := keys{"trace_id", "span_id", o.Schema == Recorder}
	for _, f := range o.Span.Fields {
		switch {
		case isTraceID(f.Source):
			k.hash = f.Target
		case isSpanID(f.Source):
			k.sort = f.Target
		}
	}
	return k
}

func isTraceID(source string) bool { return source == "trace_id" || source == "traceId" }
func isSpanID(source string) bool  { return source == "span_id" || source == "spanId" }

// put adds the key of the span of v to an item.
func (k keys) put(it item, v *encode.View) {
	span := v.Context.SpanID()
	it[k.hash], it[k.sort] = k.ofTrace(v.Context.TraceID()), text(span.String())
	if k.numbers {
		it[k.sort] = integer(recorderID(span, 1))
	}
}

func (k keys) ofTrace(id trace.TraceID) value {
	if !k.numbers {
		return text(id.String())
	}
	return integer(recorderID([8]byte(id[8:]), 1))
}

// recorderID returns an id of the recorder: a positive number of 63 bits; that of no id is none.
func recorderID(id [8]byte, none int64) int64 {
	if id == [8]byte{} {
		return none
	}
	return int64(max(binary.BigEndian.Uint64(id[:])&math.MaxInt64, 1))
}

// id tells an item from others of its table.
func (k keys) id(it item) string { return it[k.hash].scalar() + " " + it[k.sort].scalar() }

func (v value) scalar() string {
	if v.S != nil {
		return *v.S
	}
	return v.N
}

func (k keys) idOf(m map[string]types.AttributeValue) string {
	return scalar(m[k.hash]) + " " + scalar(m[k.sort])
}

func scalar(v types.AttributeValue) string {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	default:
		return ""
	}
}

// none is the key of an item that can't exist.
func (k keys) none() map[string]types.AttributeValue {
	if k.numbers {
		return item{k.hash: number("0"), k.sort: number("0")}.attributes()
	}
	return item{k.hash: text("-"), k.sort: text("-")}.attributes()
}

// scalarType is the type of both attributes.
func (k keys) scalarType() types.ScalarAttributeType {
	if k.numbers {
		return types.ScalarAttributeTypeN
	}
	return types.ScalarAttributeTypeS
}
