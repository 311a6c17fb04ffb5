package tracehook

import "strings"

// traceparent is a W3C traceparent header, its ids in lower case.
type traceparent struct {
	trace, span string
	flags       byte
}

// knownFlags are sampled and random, all that version 00 defines; others must be sent as 0.
const knownFlags = 0x03

func (t traceparent) valid() bool { return t.trace != "" && t.span != "" }

func (t traceparent) String() string {
	if !t.valid() {
		return ""
	}
	return "00-" + t.trace + "-" + t.span + "-0" + string('0'+rune(t.flags&knownFlags))
}

// parseTraceParent reads a header by the rules of W3C Trace Context, as OpenTelemetry's own
// propagator does: upper-case digits and blanks are invalid, and so are flags that version 00
// doesn't define. Later versions may be longer; what they add is ignored.
func parseTraceParent(s string) (tp traceparent, ok bool) {
	const size = len("00-0123456789abcdef0123456789abcdef-0123456789abcdef-00")
	if len(s) < size || s[2] != '-' || s[35] != '-' || s[52] != '-' {
		return tp, false
	}
	for i := range size {
		if 'A' <= s[i] && s[i] <= 'F' {
			return tp, false
		}
	}
	version, ok := hexByte(s[:2])
	if !ok || version == 0xff || (version == 0 && len(s) != size) || (len(s) > size && s[size] != '-') {
		return tp, false
	}
	flags, ok := hexByte(s[53:55])
	if !ok || version == 0 && flags > knownFlags {
		return tp, false
	}
	tp = traceparent{trace: normalHex(s[3:35], 32), span: normalHex(s[36:52], 16), flags: flags & knownFlags}
	if !tp.valid() {
		return traceparent{}, false
	}
	return tp, true
}

// normalHex returns s in lower case if it is an id of size hexadecimal digits that are not
// all zero, else "".
func normalHex(s string, size int) string {
	if len(s) != size {
		return ""
	}
	zero, upper := true, false
	for i := range len(s) {
		d, ok := hexDigit(s[i])
		if !ok {
			return ""
		}
		zero = zero && d == 0
		upper = upper || ('A' <= s[i] && s[i] <= 'F')
	}
	switch {
	case zero:
		return ""
	case upper:
		return strings.ToLower(s)
	}
	return s
}

func hexByte(s string) (byte, bool) {
	hi, ok1 := hexDigit(s[0])
	lo, ok2 := hexDigit(s[1])
	return hi<<4 | lo, ok1 && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// TraceParent returns the W3C traceparent header of a call that is made from here: the
// current span's, with its flags. Empty outside of any trace. A parent in another process
// is passed on as it came, if nothing was begun below it.
func (m *Meta) TraceParent() string {
	pos, in := m.position(nil)
	switch {
	case pos.Silent:
		return ""
	case pos.TraceParent != "":
		return pos.TraceParent
	default:
		return in.remote().String()
	}
}

// ParseTraceParent makes the span that a W3C traceparent header names the parent of the
// next span, and [Meta.Context] hold it. It returns false and changes nothing if s isn't a valid
// header. Call it before Begin: a span that is open already keeps its place, and its trace id,
// and gets a link to the one that s names.
//
// It sets [Meta.TraceId] and [Meta.ParentSpanId], and forgets a [Meta.SpanId] and a tracestate that
// came before; to hand over a tracestate too, use [Meta.Metadata].
func (m *Meta) ParseTraceParent(s string) bool {
	tp, ok := parseTraceParent(s)
	if !ok || m == nil {
		return ok
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	baggage := m.in.baggage
	m.in = inbound{traceID: tp.trace, parentID: tp.span, flags: tp.flags, hasFlags: true, baggage: baggage}
	m.changed()
	return true
}
