package otelhook

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/internal/vocab"
)

const (
	reserved = 8  // slots for the framework's words
	ordinary = 16 // slots for everything else; more than that are allocated
)

// scratch is where the attributes of a span are gathered before it starts. The SDK copies
// them, so it is used again and again, together with the options that point at it.
type scratch struct {
	kvs  [reserved + ordinary]attribute.KeyValue // words before, the rest after [reserved]
	n    int                                     // of the rest
	from int                                     // first word
	more []attribute.KeyValue                    // instead of kvs, if there are too many
	// ready[i][n] is the option with kvs[reserved-i:reserved+n], made when first needed.
	ready [reserved + 1][ordinary + 1]trace.SpanStartOption
	opts  [3]trace.SpanStartOption
	at    trace.SpanStartOption   // a timestamp
	start []trace.SpanStartOption // the caller's own; they come last and win
}

type scratches struct{ pool sync.Pool }

var scratchPool scratches //nolint:gochecknoglobals // a pool holds no state that anyone could see

func (p *scratches) Get() *scratch {
	if b, ok := p.pool.Get().(*scratch); ok {
		return b
	}
	return new(scratch)
}

// Put takes b back and forgets what it held of the application's. Options that point into
// kvs stay: each pointer that is cleared costs while the garbage collector runs.
func (p *scratches) Put(b *scratch) {
	clear(b.kvs[b.from : reserved+b.n])
	if b.more != nil || b.start != nil {
		clear(b.opts[:])
	}
	b.n, b.from, b.more, b.at, b.start = 0, reserved, nil, nil, nil
	p.pool.Put(b)
}

// read sorts attrs into w and attributes, in the order of their keys: the order of a map
// would make each line of output look different.
func (b *scratch) read(attrs map[string]any, w *words) {
	b.n, b.from = 0, reserved
	rest := b.kvs[reserved:]
	if len(attrs) > ordinary {
		rest = make([]attribute.KeyValue, len(attrs))
		b.more = rest
	}
	n := 0
	for key, v := range attrs {
		if w.set(key, v) {
			continue
		}
		value, ok := valueOf(v)
		if !ok {
			continue
		}
		if n == len(rest) {
			// A value that says what it is by a method of its own has added to the map.
			*w = words{}
			b.more = nil
			b.read(maps.Clone(attrs), w)
			return
		}
		i, k := n, vocab.Written(attribute.Key(clean(key)))
		for ; b.more == nil && i > 0 && rest[i-1].Key > k; i-- {
			rest[i] = rest[i-1]
		}
		rest[i].Key, rest[i].Value = k, value
		n++
	}
	if b.more == nil {
		b.n = n
	} else {
		b.more = rest[:n]
		slices.SortFunc(b.more, func(x, y attribute.KeyValue) int { return cmp.Compare(x.Key, y.Key) })
	}
}

// words puts w in front of the attributes, adds what is inherited, also to w, and returns
// the span's kind. An inherited kind is only a word: what a service does inside isn't
// another request to it.
func (b *scratch) words(w *words, kind, entry string) trace.SpanKind {
	own := vocab.SpanKind(w.kind)
	if w.kind == "" {
		w.kind = kind
	}
	if w.target == "" && w.entry == "" {
		w.entry = entry
	}
	b.start = w.start
	b.word(vocab.Result, w.result)
	if w.hasCode {
		b.from--
		b.kvs[b.from] = vocab.Code.Int64(w.code)
	}
	b.word(vocab.Status, w.status)
	b.word(vocab.Step, w.step)
	b.word(vocab.Entry, w.entry)
	b.word(vocab.Target, w.target)
	b.word(vocab.Kind, w.kind)
	b.word(vocab.Service, w.service)
	if w.target != "" {
		w.entry = w.target
	}
	return own
}

func (b *scratch) word(key attribute.Key, value string) {
	if value != "" {
		b.from--
		b.kvs[b.from] = attribute.KeyValue{Key: key, Value: attribute.StringValue(value)}
	}
}

// options returns what to start a span of that kind with. It points into b.
func (b *scratch) options(kind trace.SpanKind) []trace.SpanStartOption {
	opts := b.opts[:0]
	switch words := reserved - b.from; {
	case b.more != nil:
		all := make([]attribute.KeyValue, 0, words+len(b.more))
		all = append(append(all, b.kvs[b.from:reserved]...), b.more...)
		opts = append(opts, trace.WithAttributes(all...))
	case words+b.n > 0:
		o := &b.ready[words][b.n]
		if *o == nil {
			*o = trace.WithAttributes(b.kvs[b.from : reserved+b.n]...)
		}
		opts = append(opts, *o)
	}
	if kind != trace.SpanKindInternal {
		opts = append(opts, kindOptions[kind])
	}
	if b.at != nil {
		opts = append(opts, b.at)
	}
	return append(opts, b.start...)
}

var kindOptions = [...]trace.SpanStartOption{ //nolint:gochecknoglobals // a constant table
	trace.SpanKindServer:   trace.WithSpanKind(trace.SpanKindServer),
	trace.SpanKindClient:   trace.WithSpanKind(trace.SpanKindClient),
	trace.SpanKindProducer: trace.WithSpanKind(trace.SpanKindProducer),
	trace.SpanKindConsumer: trace.WithSpanKind(trace.SpanKindConsumer),
}
