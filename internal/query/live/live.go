// Package live makes spans of the SDK what queries look at.
package live

import (
	"encoding/base64"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/internal/query"
	"github.com/tracehook/tracehook/internal/vocab"
)

// Reader reads spans. The zero Reader is ready; it is for one goroutine at a time.
type Reader struct{ view encode.View }

// Read makes dst what queries look at in s, which must have ended and not be nil.
func (r *Reader) Read(dst *query.Span, s sdktrace.ReadOnlySpan) {
	v := &r.view
	v.Read(s)
	dst.Reset()
	dst.TraceID, dst.ID = v.Context.TraceID(), v.Context.SpanID()
	dst.Parent = v.Parent.SpanID()
	dst.Name, dst.Service, dst.Kind = v.Name, v.Service(), v.KindWord()
	dst.Status, dst.Message, dst.Target = v.StatusWord(), v.Message(), v.Target()
	dst.Start, dst.End = v.Start, v.End
	for i := range v.Attributes {
		if kv := &v.Attributes[i]; !vocab.Reserved(kv.Key) {
			add(dst, query.InSpan, string(vocab.Written(kv.Key)), kv.Value, 0)
		}
	}
	for iter := v.Resource.Iter(); iter.Next(); {
		kv := iter.Attribute()
		add(dst, query.InResource, string(kv.Key), kv.Value, 0)
	}
	for _, e := range s.Events() {
		dst.AddEvent(e.Name)
		for i := range e.Attributes {
			add(dst, query.InEvent, string(e.Attributes[i].Key), e.Attributes[i].Value, 0)
		}
	}
	v.Forget()
}

// add adds a value, taken apart as [query.Span.AddAny] does.
func add(dst *query.Span, in query.Place, key string, v attribute.Value, depth int) {
	switch v.Type() {
	case attribute.BOOL:
		dst.AddLeaf(in, key, query.Bool(v.AsBool()))
	case attribute.INT64:
		dst.AddLeaf(in, key, query.Int(v.AsInt64()))
	case attribute.FLOAT64:
		dst.AddLeaf(in, key, query.Float(v.AsFloat64()))
	case attribute.STRING:
		dst.AddLeaf(in, key, query.Text(v.AsString()))
	case attribute.BYTESLICE:
		dst.AddLeaf(in, key, query.Text(base64.StdEncoding.EncodeToString(v.AsByteSlice())))
	case attribute.BOOLSLICE:
		list(dst, in, key, v.AsBoolSlice(), query.Bool)
	case attribute.INT64SLICE:
		list(dst, in, key, v.AsInt64Slice(), query.Int)
	case attribute.FLOAT64SLICE:
		list(dst, in, key, v.AsFloat64Slice(), query.Float)
	case attribute.STRINGSLICE:
		list(dst, in, key, v.AsStringSlice(), query.Text)
	case attribute.SLICE:
		dst.AddLeaf(in, key, query.Value{})
		for _, e := range v.AsSlice() {
			if depth < query.Deepest {
				add(dst, in, key, e, depth+1)
			}
		}
	case attribute.MAP:
		dst.AddLeaf(in, key, query.Value{})
		for _, kv := range v.AsMap() {
			if depth < query.Deepest {
				add(dst, in, key+"."+string(kv.Key), kv.Value, depth+1)
			}
		}
	default:
		dst.AddLeaf(in, key, query.Value{})
	}
}

func list[T any](dst *query.Span, in query.Place, key string, values []T, value func(T) query.Value) {
	dst.AddLeaf(in, key, query.Value{})
	for _, v := range values {
		dst.AddLeaf(in, key, value(v))
	}
}
