package tracehook

import "strings"

// Metadata is a place in a trace as it travels over a bus or in a queue, beside a message.
// The first three have the framework's own names; the others are W3C headers and keep what
// those can't say: flags, tracestate and baggage. A receiver that knows only the first
// three still finds its parent, and so does one of ours that gets only those.
type Metadata struct {
	TraceId      string `json:"tid,omitempty"`         //nolint:revive // the framework's spelling
	SpanId       string `json:"sid,omitempty"`         //nolint:revive // the framework's spelling
	ParentSpanId string `json:"psid,omitempty"`        //nolint:revive // the framework's spelling
	TraceParent  string `json:"traceparent,omitempty"` // wins over TraceId and SpanId if it is valid
	TraceState   string `json:"tracestate,omitempty"`
	Baggage      string `json:"baggage,omitempty"`
}

// Metadata returns where m is, to be sent along with a message. With an argument, it first takes the place
// that was received, so that the next span has the sender's as parent; as with [Meta.ParseTraceParent],
// that must come before Begin. A later argument wins over an earlier one as a whole. Values that are no
// valid ids, tracestate or baggage are passed on but not used; those with control characters, or longer
// than the specifications allow, are dropped. A hook without propagators returns and takes nothing.
func (m *Meta) Metadata(data ...Metadata) Metadata {
	pos, in := m.position(func(in *inbound) {
		if len(data) > 0 {
			*in = data[len(data)-1].inbound()
		}
	})
	if pos.Silent {
		return Metadata{}
	}
	tp, ok := parseTraceParent(pos.TraceParent)
	if !ok {
		out := in.metadata()
		if out.Baggage == "" {
			out.Baggage = pos.Baggage
		}
		return out
	}
	return Metadata{
		TraceId: tp.trace, SpanId: tp.span, ParentSpanId: pos.ParentSpanId,
		TraceParent: pos.TraceParent, TraceState: pos.TraceState, Baggage: pos.Baggage,
	}
}

// Inbound is for hooks: what was set, parsed or received, whether or not the context holds it. ok is
// false if nothing was. TraceParent is set only if it is valid.
func (m *Meta) Inbound() (data Metadata, ok bool) {
	if m == nil {
		return data, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.in == (inbound{}) {
		return data, false
	}
	return m.in.metadata(), true
}

func (d Metadata) inbound() inbound {
	in := inbound{
		traceID: accepted(d.TraceId, longestID), spanID: accepted(d.SpanId, longestID), parentID: accepted(d.ParentSpanId, longestID),
		state:   accepted(strings.ReplaceAll(d.TraceState, "\t", " "), longestState), // white space may stand around members
		baggage: accepted(d.Baggage, longestBaggage),
	}
	if tp, ok := parseTraceParent(d.TraceParent); ok {
		in.traceID, in.spanID, in.flags, in.hasFlags = tp.trace, tp.span, tp.flags, true
	}
	return in
}

func (in *inbound) metadata() Metadata {
	return Metadata{
		TraceId: in.traceID, SpanId: in.spanID, ParentSpanId: in.parentID,
		TraceParent: in.remote().String(), TraceState: in.state, Baggage: in.baggage,
	}
}
