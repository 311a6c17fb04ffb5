package sampler

// Key says which random bits decide about a span.
type Key uint8

const (
	// ByTraceID decides by the trace's randomness: spans of a trace stay together, and so
	// do services and connections. It is the default.
	ByTraceID Key = iota
	// BySpanID decides by the low 56 bits of the span id: spans are kept one by one.
	BySpanID
	// ByTraceSpan decides by both: the trace's randomness exclusive-or the low 56 bits of
	// the span id.
	ByTraceSpan
	// ByCounter keeps an exact share of the spans in the order in which they end (29 of every
	// 100), spread evenly. What it keeps has no th: the count is exact, but no probability.
	ByCounter
)

func keyNames() []string { return []string{"trace_id", "span_id", "trace_span", "counter"} }

// String returns the configuration's word.
func (k Key) String() string { return wordOf(k, keyNames()) }

// ParseKey returns the key of a configuration's word; case doesn't matter and "" is
// [ByTraceID]. The error is a [setting.Problem] for the key "key".
func ParseKey(word string) (Key, error) { return parseWord[Key](word, "key", "key", keyNames()) }
