package otlp

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook/exporter"
)

// attributeFields turns mapped fields into attributes. A nil one adds nothing.
type attributeFields struct {
	fields *exporter.Fields
	views  sync.Pool // of *exporter.View, which is for one goroutine
}

func newAttributeFields(f *exporter.Fields) *attributeFields {
	if f == nil || len(f.List()) == 0 {
		return nil
	}
	return &attributeFields{fields: f}
}

// checkFields reports mapped fields that no attribute can hold.
func checkFields(mapping []exporter.FieldMapping) []error {
	var errs []error
	for _, m := range mapping {
		switch m.Source {
		case "attributes", "attrs", "resource", "events", "links":
			errs = append(errs, &exporter.KeyError{
				Key:     "fields." + m.Source,
				Problem: "a whole table can't be an attribute, and OTLP sends it anyway: leave it out, or name one value, such as attributes.KEY",
			})
		}
	}
	return errs
}

// add puts the fields of every span into a copy of its attributes, in the place of one of the same
// name: OTLP allows a name once.
func (f *attributeFields) add(spans []rewritten) {
	if f == nil {
		return
	}
	v, ok := f.views.Get().(*exporter.View)
	if !ok {
		v = new(exporter.View)
	}
	defer func() {
		v.Forget()
		f.views.Put(v)
	}()
	list := f.fields.List()
	for i := range spans {
		s := &spans[i]
		v.Read(s)
		s.attributes = slices.Grow(slices.Clip(s.attributes), len(list))
		for j := range list {
			if value := attributeOf(v, list[j].Value(v)); value.Type() != attribute.EMPTY {
				s.attributes = put(s.attributes, attribute.KeyValue{Key: attribute.Key(list[j].Name), Value: value})
			}
		}
	}
}

func put(attributes []attribute.KeyValue, kv attribute.KeyValue) []attribute.KeyValue {
	if i := slices.IndexFunc(attributes, func(old attribute.KeyValue) bool { return old.Key == kv.Key }); i >= 0 {
		attributes[i] = kv
		return attributes
	}
	return append(attributes, kv)
}

// attributeOf returns the empty value for what isn't there.
func attributeOf(v *exporter.View, value exporter.Value) attribute.Value {
	text := ""
	switch value.Type {
	case exporter.TypeString:
		text = value.Str
	case exporter.TypeInt:
		return attribute.Int64Value(value.Num)
	case exporter.TypeMillis:
		return attribute.Float64Value(float64(value.Num) / float64(time.Millisecond))
	case exporter.TypeTraceID:
		text = v.Context.TraceID().String()
	case exporter.TypeSpanID:
		text = v.Context.SpanID().String()
	case exporter.TypeParentID:
		if v.Parent.SpanID().IsValid() {
			text = v.Parent.SpanID().String()
		}
	case exporter.TypeTime:
		text = local(v, "2006-01-02 15:04:05.000")
	case exporter.TypeTimeMicro:
		text = local(v, "2006-01-02 15:04:05.000000")
	case exporter.TypeSpanName:
		text = fmt.Sprintf("%s:%s", v.KindWord(), v.Step())
	case exporter.TypeTraceState:
		text = v.Context.TraceState().String()
	case exporter.TypeAttribute, exporter.TypeResourceAttribute:
		return v.Attribute(value)
	default: // tables, which checkFields refuses
	}
	if text == "" {
		return attribute.Value{}
	}
	return attribute.StringValue(text)
}

func local(v *exporter.View, layout string) string {
	if v.End.IsZero() {
		return ""
	}
	if v.Location != nil {
		return v.End.In(v.Location).Format(layout)
	}
	return v.End.Local().Format(layout)
}
