package encode

import (
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
)

// JSON writes each span as one JSON object on one line, with its fields in a stable order.
// It is for one goroutine at a time.
type JSON struct {
	view   exporter.View
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
	exporter.Field

	key string // ,"name":
}

// jsonRun is what all spans of a resource share, or all that are ok, kept in encoded form.
type jsonRun struct {
	fields  []jsonField
	perOK   bool
	encoded cache[*resource.Resource]
	ok      []byte
}

var _ Encoder = (*JSON)(nil)

// NewJSON returns a JSON encoder of the mapped fields of s, or of the default ones
// ([exporter.DefaultFields]).
func NewJSON(s exporter.Settings) (*JSON, error) {
	fields, err := exporter.CompileFields(s)
	if err != nil {
		return nil, err
	}
	e := &JSON{}
	for _, f := range fields.List() {
		e.add(&jsonField{Field: f, key: string(append(appendString([]byte{','}, f.Name), ':'))})
	}
	return e, nil
}

// add adds a field, to the part before it if both are of one sort.
func (e *JSON) add(f *jsonField) {
	var last jsonPart
	if n := len(e.parts); n > 0 {
		last = e.parts[n-1]
	}
	switch {
	case f.Fixed() != exporter.NotFixed && !f.Optional:
		if last.fixed == nil || last.fixed.parent {
			last.fixed = &fixedRun{}
			e.parts = append(e.parts, jsonPart{fixed: last.fixed})
		}
		last.fixed.add(f)
	case f.PerResource() || f.PerOK():
		if last.run == nil || last.run.perOK != f.PerOK() {
			last.run = &jsonRun{perOK: f.PerOK()}
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
	if !run.perOK {
		encoded, ok := run.encoded.get(e.view.Resource)
		if !ok {
			encoded = e.appendFields([]byte{}, run.fields)
			run.encoded.put(e.view.Resource, encoded)
		}
		return append(dst, encoded...)
	}
	if !e.view.OK() {
		return e.appendFields(dst, run.fields)
	}
	if run.ok == nil {
		run.ok = e.appendFields(nil, run.fields)
	}
	return append(dst, run.ok...)
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
	if value.Type == exporter.TypeString {
		return appendString(dst, value.Str)
	}
	return e.writer.AppendJSON(dst, &e.view, value)
}

// Batched implements [Encoder]: each span is a line.
func (*JSON) Batched() bool { return false }

// Kind implements [Encoder].
func (*JSON) Kind() string { return "json" }
