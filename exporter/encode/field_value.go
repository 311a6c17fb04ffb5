package encode

// Type says how to read a [Value].
type Type uint8

const (
	// TypeString is the text Str.
	TypeString Type = iota
	// TypeInt is the number Num.
	TypeInt
	// TypeMillis is Num nanoseconds, to be written as milliseconds with decimals.
	TypeMillis
	// TypeTraceID is the trace id of the View, in lower-case hexadecimal.
	TypeTraceID
	// TypeSpanID is the span id of the View, in lower-case hexadecimal.
	TypeSpanID
	// TypeParentID is the span id of the View's Parent; "" if it has none.
	TypeParentID
	// TypeTime is the View's End as local text, 2006-01-02 15:04:05.000; "" if it isn't known.
	TypeTime
	// TypeTimeMicro is the same with six decimals.
	TypeTimeMicro
	// TypeSpanName is the View's KindWord and Step, joined by a colon; the Step alone if it
	// begins so already.
	TypeSpanName
	// TypeTraceState is the W3C tracestate of the View's Context.
	TypeTraceState
	// TypeAttributes is the View's Attributes but the reserved ones.
	TypeAttributes
	// TypeResource is the attributes of the resource of the View's Span.
	TypeResource
	// TypeEvents is the events of the View's Span.
	TypeEvents
	// TypeLinks is the links of the View's Span.
	TypeLinks
	// TypeAttribute is the span's attribute whose key is Str; an absent one is null.
	TypeAttribute
	// TypeResourceAttribute is the same of the resource.
	TypeResourceAttribute
)

// Value is what a field has for one span. Str belongs to the span or to the
// configuration.
type Value struct {
	Str  string
	Num  int64
	Type Type
}

func str(s string) Value   { return Value{Str: s} }
func num(n int64) Value    { return Value{Num: n, Type: TypeInt} }
func typed(t Type) Value   { return Value{Type: t} }
func millis(n int64) Value { return Value{Num: n, Type: TypeMillis} }
