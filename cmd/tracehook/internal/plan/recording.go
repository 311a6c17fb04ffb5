package plan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/cmd/tracehook/internal/wire"
)

// MaxBytes bounds what a [Recording] holds, by the size of its spans in OTLP; in memory they take a few
// times as much.
const MaxBytes = 512 << 20

// ErrFull says that a recording holds no more.
var ErrFull = fmt.Errorf("the recording is longer than %d MB of spans", MaxBytes>>20)

// Recording is spans that were recorded, of one process or several.
type Recording struct {
	spans     []span
	index     map[key]int
	below     map[key]int // for a span, one below it that isn't an error
	processes map[string]*process
	bytes     int64
	lacks     lacks
	first     uint64 // Unix nanoseconds
	last      uint64
}

// process is what was recorded of one resource.
type process struct {
	number   int
	resource map[string]string
}

// key names a span.
type key struct {
	trace trace.TraceID
	id    trace.SpanID
}

type span struct {
	*tracepb.Span
	key

	scope   *tracepb.ScopeSpans
	process *process
	parent  trace.SpanID
	remote  bool
}

// failed reports whether the span is an error.
func (s *span) failed() bool { return s.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR }

// Duration is the time from the first start to the last end.
func (r *Recording) Duration() time.Duration { return time.Duration(max(r.last, r.first) - r.first) }

// Len returns the number of spans.
func (r *Recording) Len() int { return len(r.spans) }

// Add adds spans. Exact reports that they come in OTLP, which holds all that decisions look at.
func (r *Recording) Add(data *tracepb.TracesData, exact bool) error {
	for s := range wire.Spans(data) {
		if len(s.Span.GetTraceId()) != 16 || len(s.Span.GetSpanId()) != 8 {
			return errors.New("a span has no ids")
		}
		k := key{trace.TraceID(s.Span.GetTraceId()), trace.SpanID(s.Span.GetSpanId())}
		if _, twice := r.index[k]; twice {
			continue // it was written to two files
		}
		if r.index == nil {
			r.index = make(map[key]int)
		}
		r.index[k] = len(r.spans)
		if r.bytes += int64(proto.Size(s.Span)); r.bytes > MaxBytes {
			return ErrFull
		}
		one := span{
			Span: s.Span, scope: s.Scope, process: r.processOf(s.Resource),
			key: k,
		}
		if len(s.Span.GetParentSpanId()) == 8 {
			one.parent = trace.SpanID(s.Span.GetParentSpanId())
		}
		one.remote = s.Span.GetFlags()&flagRemote != 0
		if one.parent.IsValid() && !one.remote && !one.failed() {
			if r.below == nil {
				r.below = make(map[key]int)
			}
			r.below[key{one.trace, one.parent}] = len(r.spans)
		}
		r.spans = append(r.spans, one)
		r.lacks.see(&one, exact)
		if start := s.Span.GetStartTimeUnixNano(); r.first == 0 || start < r.first {
			r.first = start
		}
		r.last = max(r.last, s.Span.GetEndTimeUnixNano())
	}
	return nil
}

// processOf returns the process of a resource.
func (r *Recording) processOf(res *tracepb.ResourceSpans) *process {
	all := wire.Attributes(res.GetResource().GetAttributes())
	slices.SortFunc(all, func(a, b attribute.KeyValue) int { return cmp.Compare(a.Key, b.Key) })
	var key strings.Builder
	table := make(map[string]string, len(all))
	for _, kv := range all {
		text := kv.Value.String()
		table[string(kv.Key)] = text
		fmt.Fprintf(&key, "%q=%q,", kv.Key, text)
	}
	if r.processes == nil {
		r.processes = make(map[string]*process)
	}
	p := r.processes[key.String()]
	if p == nil {
		p = &process{number: len(r.processes), resource: table}
		r.processes[key.String()] = p
	}
	return p
}

// text returns the value of an attribute that is a text.
func text(v *commonpb.AnyValue) string { return v.GetStringValue() }
