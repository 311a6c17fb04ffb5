package tracehook

import "context"

// inbound is where a Meta is in a trace as long as its context holds no span of this process:
// the ids that were set, parsed or received.
type inbound struct {
	traceID, spanID, parentID string
	state, baggage            string
	flags                     byte
	hasFlags                  bool
}

// The most that is taken of what comes from outside, in bytes: ids of frameworks may be longer than
// W3C's, a tracestate has 32 members of 513, and baggage 8192 bytes.
const (
	longestID      = 128
	longestState   = 32 * 514
	longestBaggage = 8192
)

// accepted returns s, or nothing if it is longer or has a control character: it may come from an untrusted
// caller, and is passed on in headers.
func accepted(s string, longest int) string {
	if len(s) > longest {
		return ""
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return ""
		}
	}
	return s
}

// remote returns the span that the next one has as parent: the span id or, after
// ParseTraceParent, which sets no span id, the parent's.
func (in *inbound) remote() traceparent {
	id := in.spanID
	if id == "" {
		id = in.parentID
	}
	tp := traceparent{trace: normalHex(in.traceID, 32), span: normalHex(id, 16), flags: 1}
	if in.hasFlags {
		tp.flags = in.flags
	}
	return tp
}

// TraceId returns the id of the trace, 32 lower-case hexadecimal digits, empty outside of
// any. The current span's comes first. With an argument it first sets the id of the trace
// that the next span joins if the context holds no span of this process by then; a value that
// isn't a trace id is kept for whoever asks, but joins nothing. What is longer than 128 bytes or has
// a control character is not taken.
//
//nolint:revive // the framework's spelling
func (m *Meta) TraceId(id ...string) string {
	pos, in := m.position(func(in *inbound) {
		if len(id) > 0 {
			in.traceID = accepted(id[0], longestID)
		}
	})
	if tp, ok := parseTraceParent(pos.TraceParent); ok {
		return tp.trace
	}
	return in.traceID
}

// SpanId returns the id of the current span, 16 lower-case hexadecimal digits, empty if
// there is none in this process. With an argument it first sets the parent, in another
// process, of the next span, if the context holds no span of this process by then; if it does,
// that span gets a link to it.
//
//nolint:revive // the framework's spelling
func (m *Meta) SpanId(id ...string) string {
	pos, in := m.position(func(in *inbound) {
		if len(id) > 0 {
			in.spanID = accepted(id[0], longestID)
		}
	})
	if tp, ok := parseTraceParent(pos.TraceParent); ok {
		if pos.Remote {
			return ""
		}
		return tp.span
	}
	return in.spanID
}

// ParentSpanId returns the id of the current span's parent, empty if it has none. With an
// argument it first sets what is used as [Meta.SpanId] if that is empty.
//
//nolint:revive // the framework's spelling
func (m *Meta) ParentSpanId(id ...string) string {
	pos, in := m.position(func(in *inbound) {
		if len(id) > 0 {
			in.parentID = accepted(id[0], longestID)
		}
	})
	if tp, ok := parseTraceParent(pos.TraceParent); ok {
		if pos.Remote {
			return tp.span
		}
		return pos.ParentSpanId
	}
	return in.parentID
}

// position changes what came from outside, if change isn't nil, and says where m is: what
// its context holds, and what came from outside. The inspector is asked without the lock.
func (m *Meta) position(change func(*inbound)) (Position, inbound) {
	if m == nil {
		var in inbound
		if change != nil {
			change(&in)
		}
		return Position{}, in
	}
	m.mu.Lock()
	if change != nil {
		change(&m.in)
		m.changed()
	}
	ctx, inspector, in := m.ctx, m.inspector, m.in
	m.mu.Unlock()
	pos := inspect(ctx, inspector)
	if pos.Remote && in.names(pos.TraceParent) {
		pos = Position{Baggage: pos.Baggage, Silent: pos.Silent} // in says more about it
	}
	return pos, in
}

// inspect asks which span ctx holds.
func inspect(ctx context.Context, by Inspector) Position {
	if ctx == nil {
		return Position{}
	}
	if by = inspectorOf(by); by == nil {
		return Position{}
	}
	return by.Inspect(ctx)
}

// inspectorOf returns the hook that began a span on a Meta or else the attached one; nil if
// neither can say where it is.
func inspectorOf(by Inspector) Inspector {
	if by == nil {
		if a := attached.Load(); a != nil {
			by, _ = a.hook.(Inspector)
		}
	}
	return by
}

// names reports whether in is where a span with that traceparent came from.
func (in *inbound) names(header string) bool {
	tp, ok := parseTraceParent(header)
	if !ok {
		return false
	}
	mine := in.remote()
	return mine.trace == tp.trace && mine.span == tp.span
}
