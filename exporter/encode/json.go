package encode

import (
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode/redact"
)

// JSON writes each span as one JSON object on one line, with its fields in a stable order.
// It is for one goroutine at a time.
type JSON struct {
	view   View
	writer Writer
	parts  []jsonPart
}

// jsonPart is a field, or some neighbors of one sort.
type jsonPart struct {
	field *jsonField
	run   *jsonRun
	fixed *fixedRun
}

type jsonField struct {
	Field

	key    string // ,"name":
	quoted bool   // a number as a text
}

// jsonRun is fields that many spans have the same values of, kept in encoded form.
type jsonRun struct {
	fields  []jsonField
	encoded cache[runKey]
}

// runKey is what spans have in common that share the values of a run.
type runKey struct {
	resource *resource.Resource
	kind     trace.SpanKind
}

// key returns the key of the span of v, unless it shares its values with no other.
func (r *jsonRun) key(v *View) (key runKey, ok bool) {
	switch r.fields[0].share {
	case perOK:
		return runKey{}, v.OK()
	case perKind:
		return runKey{v.Resource, v.Kind}, !v.HasReserved()
	default:
		return runKey{resource: v.Resource}, true
	}
}

// takes reports whether f may be in the run.
func (r *jsonRun) takes(f *jsonField) bool {
	return r.fields[0].share == f.share
}

var _ Encoder = (*JSON)(nil)

// NewJSON returns a JSON encoder of the mapped fields of s, or of the default ones
// ([DefaultFields]).
func NewJSON(s exporter.Settings) (*JSON, error) {
	fields, err := CompileFields(s)
	if err != nil {
		return nil, err
	}
	e := &JSON{}
	for _, f := range fields.List() {
		e.add(&jsonField{Field: f, key: string(append(appendString([]byte{','}, f.Name), ':'))})
	}
	return e, nil
}

// NanosAsText makes Unix nanoseconds texts, for readers that round numbers beyond 2^53 as
// JavaScript and older releases of jq do. It must be called before the first span comes.
func (e *JSON) NanosAsText() {
	parts := e.parts
	e.parts, e.writer.textNanos = nil, true
	for _, p := range parts {
		switch {
		case p.field != nil:
			e.addQuoted(*p.field)
		case p.fixed != nil:
			for _, f := range p.fixed.fields {
				e.addQuoted(f)
			}
		default:
			e.parts = append(e.parts, p)
		}
	}
}

func (e *JSON) addQuoted(f jsonField) {
	f.quoted = f.share == fixedStartNano || f.share == fixedEndNano
	e.add(&f)
}

// add adds a field, to the part before it if both are of one sort.
func (e *JSON) add(f *jsonField) {
	var last jsonPart
	if n := len(e.parts); n > 0 {
		last = e.parts[n-1]
	}
	switch {
	case f.share.fixed() && !f.Optional:
		if last.fixed == nil || last.fixed.parent {
			last.fixed = &fixedRun{}
			e.parts = append(e.parts, jsonPart{fixed: last.fixed})
		}
		last.fixed.add(f)
	case f.share != perSpan && !f.share.fixed():
		if last.run == nil || !last.run.takes(f) {
			last.run = &jsonRun{}
			e.parts = append(e.parts, jsonPart{run: last.run})
		}
		last.run.fields = append(last.run.fields, *f)
	default:
		e.parts = append(e.parts, jsonPart{field: f})
	}
}

// Append implements [Encoder].
func (e *JSON) Append(dst []byte, spans []sdktrace.ReadOnlySpan) []byte {
	for _, s := range spans {
		if s == nil {
			continue
		}
		e.view.Read(s)
		dst = e.appendView(dst)
	}
	e.view.Forget()
	return dst
}

func (e *JSON) appendView(dst []byte) []byte {
	start := len(dst)
	for i := range e.parts {
		switch p := &e.parts[i]; {
		case p.field != nil:
			dst = e.appendField(dst, p.field)
		case p.fixed != nil:
			dst = e.appendFixed(dst, p.fixed)
		default:
			dst = e.appendRun(dst, p.run)
		}
	}
	if len(dst) == start {
		dst = append(dst, '{')
	}
	dst[start] = '{' // the first field's comma
	return append(dst, '}', '\n')
}

func (e *JSON) appendFixed(dst []byte, run *fixedRun) []byte {
	dst, ok := run.append(dst, &e.view)
	if !ok {
		return e.appendFields(dst, run.fields)
	}
	return dst
}

func (e *JSON) appendRun(dst []byte, run *jsonRun) []byte {
	key, ok := run.key(&e.view)
	if !ok {
		return e.appendFields(dst, run.fields)
	}
	encoded, ok := run.encoded.get(key)
	if !ok {
		encoded = e.appendFields([]byte{}, run.fields)
		run.encoded.put(key, encoded)
	}
	return append(dst, encoded...)
}

func (e *JSON) appendFields(dst []byte, fields []jsonField) []byte {
	for i := range fields {
		dst = e.appendField(dst, &fields[i])
	}
	return dst
}

func (e *JSON) appendField(dst []byte, f *jsonField) []byte {
	value := f.Value(&e.view)
	if f.Optional && Empty(&e.view, value) {
		return dst
	}
	dst = append(dst, f.key...)
	if value.Type == TypeString {
		return appendString(dst, value.Str)
	}
	if f.quoted {
		return append(e.writer.AppendJSON(append(dst, '"'), &e.view, value), '"')
	}
	return e.writer.AppendJSON(dst, &e.view, value)
}

// Redact makes the encoder redact spans with r. It must be called before the first span comes.
func (e *JSON) Redact(r *redact.Redactor) { e.view.redactor = r }

// Batched implements [Encoder]: each span is a line.
func (*JSON) Batched() bool { return false }

// Kind implements [Encoder].
func (*JSON) Kind() string { return "json" }
