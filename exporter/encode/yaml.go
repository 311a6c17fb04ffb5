package encode

import (
	"encoding/binary"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode/redact"
	"github.com/tracehook/tracehook/internal/vocab"
)

// YAML writes each span as one YAML document. Without mapped fields it has the keys of the
// SpirentOrion recorder: span_id, trace_id, parent_id (empty for a root), process, kind,
// name, start and finish (RFC 3339 with nanoseconds, in UTC), status and error where the
// status isn't ok, and then the span's attributes inline. An attribute that is called like
// one of these keys is written as KEY_attribute, whether the document has that key or not;
// so is a key that comes twice. It is for one goroutine at a time.
type YAML struct {
	view    View
	writer  Writer
	fields  []Field // mapped ones
	process string
	decimal bool                // ids are numbers
	keys    map[string]struct{} // of the current document
}

var _ Encoder = (*YAML)(nil)

// NewYAML returns a YAML encoder.
func NewYAML(s exporter.Settings) (*YAML, error) {
	fields, err := CompileFields(s)
	if err != nil {
		return nil, err
	}
	e := &YAML{process: process(), keys: make(map[string]struct{})}
	if len(s.Fields) > 0 {
		e.fields = fields.List()
	}
	return e, nil
}

// DecimalIDs makes ids the numbers that the recorder has: positive ones of 63 bits, which are
// the last bits of OTel's, and 0 for the parent of a root.
func (e *YAML) DecimalIDs() { e.decimal = true }

// Redact makes the encoder redact spans with r. It must be called before the first span comes.
func (e *YAML) Redact(r *redact.Redactor) { e.view.redactor = r }

// Batched implements [Encoder]: each span is a document.
func (*YAML) Batched() bool { return false }

// Kind implements [Encoder].
func (*YAML) Kind() string { return "yaml" }

// Append implements [Encoder].
func (e *YAML) Append(dst []byte, spans []sdktrace.ReadOnlySpan) []byte {
	for _, s := range spans {
		if s == nil {
			continue
		}
		e.view.Read(s)
		dst = append(dst, "---\n"...)
		if e.fields == nil {
			dst = e.appendRecord(dst)
			continue
		}
		for i := range e.fields {
			f := &e.fields[i]
			dst = appendYAMLKey(dst, f.Name)
			value := f.Value(&e.view)
			if e.decimal && isID(value.Type) {
				dst = append(e.id(dst, value.Type), '\n')
				continue
			}
			start := len(dst)
			dst = e.writer.AppendJSON(dst, &e.view, value)
			dst = jsonToYAML(dst, start)
			dst = append(dst, '\n')
		}
	}
	e.view.Forget()
	return dst
}

func (e *YAML) appendRecord(dst []byte) []byte {
	v := &e.view
	clear(e.keys)
	e.keys["status"], e.keys["error"] = struct{}{}, struct{}{} // no attribute reads like one
	dst = append(e.id(e.key(dst, "span_id"), TypeSpanID), '\n')
	dst = append(e.id(e.key(dst, "trace_id"), TypeTraceID), '\n')
	dst = append(e.id(e.key(dst, "parent_id"), TypeParentID), '\n')
	dst = e.text(dst, "process", e.process)
	dst = e.text(dst, "kind", v.KindWord())
	dst = e.text(dst, "name", v.Name)
	dst = e.time(dst, "start", v.Start)
	dst = e.time(dst, "finish", v.End)
	if !v.OK() {
		dst = append(appendYAMLString(append(dst, "status: "...), v.StatusWord()), '\n')
		dst = append(appendYAMLString(append(dst, "error: "...), v.Message()), '\n')
	}
	for i := range v.Attributes {
		kv := &v.Attributes[i]
		if vocab.Reserved(kv.Key) {
			continue
		}
		dst = e.key(dst, string(vocab.Written(kv.Key)))
		dst = appendYAMLValue(dst, &kv.Value)
		dst = append(dst, '\n')
	}
	return dst
}

func isID(t Type) bool { return t == TypeTraceID || t == TypeSpanID || t == TypeParentID }

// id appends an id in hexadecimal, in quotes, or as a number.
func (e *YAML) id(dst []byte, t Type) []byte {
	if !e.decimal {
		return append(appendPlain(append(dst, '"'), &e.view, t), '"')
	}
	var id [8]byte
	switch t {
	case TypeTraceID:
		trace := e.view.Context.TraceID()
		copy(id[:], trace[8:])
	case TypeSpanID:
		id = e.view.Context.SpanID()
	default:
		if id = e.view.Parent.SpanID(); id == [8]byte{} {
			return append(dst, '0')
		}
	}
	return strconv.AppendUint(dst, max(binary.BigEndian.Uint64(id[:])&math.MaxInt64, 1), 10)
}

// key appends a key that the document doesn't have yet.
func (e *YAML) key(dst []byte, name string) []byte {
	if !utf8.ValidString(name) {
		name = string([]rune(name)) // as it is written, since others may be written so, too
	}
	if _, taken := e.keys[name]; taken {
		base := name + "_attribute"
		name = base
		for n := 2; taken; n++ {
			if _, taken = e.keys[name]; taken {
				name = base + strconv.Itoa(n)
			}
		}
	}
	e.keys[name] = struct{}{}
	return appendYAMLKey(dst, name)
}

func (e *YAML) text(dst []byte, key, value string) []byte {
	return append(appendYAMLString(e.key(dst, key), value), '\n')
}

func (e *YAML) time(dst []byte, key string, t time.Time) []byte {
	dst = append(e.key(dst, key), '"')
	if !t.IsZero() {
		dst = t.UTC().AppendFormat(dst, time.RFC3339Nano)
	}
	return append(dst, "\"\n"...)
}

func appendYAMLValue(dst []byte, v *attribute.Value) []byte {
	switch v.Type() {
	case attribute.STRING:
		return appendYAMLString(dst, v.AsString())
	case attribute.FLOAT64:
		return appendYAMLFloat(dst, v.AsFloat64())
	default:
		start := len(dst)
		return jsonToYAML(appendAttribute(dst, v, 0), start)
	}
}
