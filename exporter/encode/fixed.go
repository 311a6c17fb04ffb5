package encode

// Fixed names a value whose text has the same width for all spans, or nearly all.
type Fixed uint8

const (
	// NotFixed is any other value.
	NotFixed Fixed = iota
	// FixedTraceID is the trace id of the View: 32 hexadecimal digits, always.
	FixedTraceID
	// FixedSpanID is the span id of the View: 16 hexadecimal digits, always.
	FixedSpanID
	// FixedParentID is the span id of the View's Parent: 16 hexadecimal digits; "" for a root.
	FixedParentID
	// FixedStartMillis is the View's StartNano in milliseconds: 13 digits from 2001 on.
	FixedStartMillis
	// FixedStartNano is the View's StartNano: 19 digits from 2001 on.
	FixedStartNano
	// FixedEndMillis is the View's EndNano in milliseconds: 13 digits from 2001 on.
	FixedEndMillis
	// FixedEndNano is the View's EndNano: 19 digits from 2001 on.
	FixedEndNano
)
