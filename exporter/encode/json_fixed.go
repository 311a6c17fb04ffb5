package encode

import (
	"bytes"
	"encoding/binary"

	"go.opentelemetry.io/otel/trace"
)

// fixedRun is neighboring fields whose values have a fixed width: ids and times. It keeps
// their text, with the names and with holes, into which a span's values are written.
type fixedRun struct {
	fields     []jsonField
	text       []byte
	ids        []idHole
	times      []timeHole
	start, end clock
	used       struct{ start, end bool }
	parent     bool // the last field is the parent's id, which roots don't have
}

// idHole is the place of an id in the text of a run.
type idHole struct {
	what share
	at   int
}

// timeHole is the place of a time in the text of a run.
type timeHole struct {
	clock *clock
	at    int
	nano  bool
}

const (
	traceWidth = 2 * len(trace.TraceID{})
	spanWidth  = 2 * len(trace.SpanID{})
)

// add adds a field. None may follow the parent's id.
func (r *fixedRun) add(f *jsonField) {
	r.fields = append(r.fields, *f)
	r.text = append(r.text, f.key...)
	switch what := f.share; what {
	case fixedTraceID:
		r.addID(what, traceWidth)
	case fixedSpanID:
		r.addID(what, spanWidth)
	case fixedParentID:
		r.addID(what, spanWidth)
		r.parent = true
	case fixedStartMillis, fixedStartNano:
		r.addTime(&r.start, what == fixedStartNano, f.quoted)
		r.used.start = true
	case fixedEndMillis, fixedEndNano:
		r.addTime(&r.end, what == fixedEndNano, f.quoted)
		r.used.end = true
	default:
	}
}

func (r *fixedRun) addID(what share, width int) {
	r.ids = append(r.ids, idHole{what: what, at: len(r.text) + 1})
	r.text = append(r.text, bytes.Repeat([]byte{'"'}, 1+width+1)...)
}

func (r *fixedRun) addTime(c *clock, nano, quoted bool) {
	if quoted {
		r.text = append(r.text, '"')
		defer func() { r.text = append(r.text, '"') }()
	}
	r.times = append(r.times, timeHole{clock: c, at: len(r.text), nano: nano})
	width := milliWidth
	if nano {
		width = nanoWidth
	}
	r.text = append(r.text, bytes.Repeat([]byte{'0'}, width)...)
}

// append appends the fields of the span of v, unless a time has another width.
func (r *fixedRun) append(dst []byte, v *View) (_ []byte, ok bool) {
	if r.used.start && !r.start.set(v.StartNano()) || r.used.end && !r.end.set(v.EndNano()) {
		return dst, false
	}
	start := len(dst)
	dst = append(dst, r.text...)
	text := dst[start:]
	for i := range r.times {
		h := &r.times[i]
		if h.nano {
			h.clock.putNano((*[nanoWidth]byte)(text[h.at:]))
		} else {
			h.clock.putMilli((*[milliWidth]byte)(text[h.at:]))
		}
	}
	for i := range r.ids {
		h := &r.ids[i]
		switch h.what {
		case fixedTraceID:
			putTraceID((*[traceWidth]byte)(text[h.at:]), v.Context.TraceID())
		case fixedSpanID:
			putSpanID((*[spanWidth]byte)(text[h.at:]), v.Context.SpanID())
		default:
			id := v.Parent.SpanID()
			if !id.IsValid() {
				return append(dst[:start+h.at], '"'), true
			}
			putSpanID((*[spanWidth]byte)(text[h.at:]), id)
		}
	}
	return dst, true
}

func putTraceID(dst *[traceWidth]byte, id trace.TraceID) {
	binary.BigEndian.PutUint64(dst[:8], hex(binary.BigEndian.Uint32(id[:4])))
	binary.BigEndian.PutUint64(dst[8:16], hex(binary.BigEndian.Uint32(id[4:8])))
	binary.BigEndian.PutUint64(dst[16:24], hex(binary.BigEndian.Uint32(id[8:12])))
	binary.BigEndian.PutUint64(dst[24:], hex(binary.BigEndian.Uint32(id[12:])))
}

func putSpanID(dst *[spanWidth]byte, id trace.SpanID) {
	binary.BigEndian.PutUint64(dst[:8], hex(binary.BigEndian.Uint32(id[:4])))
	binary.BigEndian.PutUint64(dst[8:], hex(binary.BigEndian.Uint32(id[4:])))
}
