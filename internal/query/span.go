package query

import (
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Place says where an attribute stands.
type Place uint8

const (
	// InSpan is an attribute of the span itself.
	InSpan Place = iota
	// InResource is an attribute of the resource: free text doesn't look at it.
	InResource
	// InEvent is an attribute of one of its events.
	InEvent
	// EventName is the name of an event, not an attribute.
	EventName
)

// Span holds the facts of a span that queries test, from a file, a request or the SDK. Unknown facts
// are zero. Reuse one Span for many: [Span.Reset] keeps the memory of Leaves.
type Span struct {
	TraceID    trace.TraceID
	ID, Parent trace.SpanID // no parent: a root

	Name, Service, Kind string
	// Status is "ok", "error" or a framework's own word; Message its text; Target what the span
	// was about, in the framework's words.
	Status, Message, Target string

	Start, End time.Time
	// Leaves are the attributes, each list and map taken apart, and the names of the events.
	Leaves []Leaf
}

// Leaf is one value that isn't a list or a map.
type Leaf struct {
	Key   string
	Value Value
	In    Place
}

// Reset empties s.
func (s *Span) Reset() {
	clear(s.Leaves) // don't keep the texts alive
	*s = Span{Leaves: s.Leaves[:0]}
}

// Duration is the time from start to end, 0 if one of them isn't known.
func (s *Span) Duration() time.Duration {
	if s.Start.IsZero() || s.End.IsZero() {
		return 0
	}
	return max(s.End.Sub(s.Start), 0)
}

// AddEvent adds the name of an event.
func (s *Span) AddEvent(name string) {
	s.Leaves = append(s.Leaves, Leaf{In: EventName, Value: Text(name)})
}

// AddLeaf adds one value.
func (s *Span) AddLeaf(in Place, key string, v Value) {
	s.Leaves = append(s.Leaves, Leaf{Key: key, Value: v, In: in})
}

// Deepest is how far into an attribute a query reaches. What is deeper isn't found.
const Deepest = 16

// AddAny adds a value as a JSON reader has it: nil, bool, int64, float64, string, []any or
// map[string]any. What is of another type is only known to be there.
func (s *Span) AddAny(in Place, key string, v any) { s.addAny(in, key, v, 0) }

func (s *Span) addAny(in Place, key string, v any, depth int) {
	switch v := v.(type) {
	case bool:
		s.AddLeaf(in, key, Bool(v))
	case int64:
		s.AddLeaf(in, key, Int(v))
	case float64:
		s.AddLeaf(in, key, Float(v))
	case string:
		s.AddLeaf(in, key, Text(v))
	case []any:
		s.AddLeaf(in, key, Value{})
		for _, e := range v {
			if depth < Deepest {
				s.addAny(in, key, e, depth+1)
			}
		}
	case map[string]any:
		s.AddLeaf(in, key, Value{})
		for name, e := range v {
			if depth < Deepest {
				s.addAny(in, key+"."+name, e, depth+1)
			}
		}
	default:
		s.AddLeaf(in, key, Value{})
	}
}
