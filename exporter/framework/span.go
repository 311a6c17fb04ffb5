package framework

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/internal/vocab"
)

// writer makes the framework's spans and hands them to Write.
type writer struct {
	call   reflect.Value // the method Write
	span   reflect.Type
	fields []target
	view   encode.View
	older  bool // a generation whose word for a failure is error
}

// target is a field of the span's struct and what fills it.
type target struct {
	index  int
	source *encode.Field
	status bool
}

func newWriter(conn any, s exporter.Settings) (*writer, error) {
	m := reflect.ValueOf(conn).MethodByName("Write")
	if !m.IsValid() || m.Type().NumIn() != 1 || !m.Type().IsVariadic() || m.Type().In(0).Elem().Kind() != reflect.Struct ||
		m.Type().NumOut() != 1 || m.Type().Out(0) != errorType {
		return nil, fmt.Errorf("connect: a %T has no method Write(...Span) error", conn)
	}
	w := &writer{call: m, span: m.Type().In(0).Elem()}
	_, w.older = w.span.FieldByName("StatusCode")
	known := make(map[string]bool)
	for _, source := range encode.Sources() {
		for _, name := range source.Names {
			known[name] = true
		}
	}
	for i := range w.span.NumField() {
		f := w.span.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name != "time" && !known[name] {
			continue
		}
		one := s
		one.Fields = []exporter.FieldMapping{{Source: name, Target: name}}
		compiled, err := encode.CompileFields(one)
		if err != nil {
			return nil, err
		}
		w.fields = append(w.fields, target{index: i, source: &compiled.List()[0], status: name == "status"})
	}
	return w, nil
}

func (w *writer) write(spans []sdktrace.ReadOnlySpan) error {
	list := reflect.MakeSlice(reflect.SliceOf(w.span), 0, len(spans))
	for _, s := range spans {
		if s == nil {
			continue
		}
		w.view.Read(s)
		one := reflect.New(w.span).Elem()
		for i := range w.fields {
			w.set(one.Field(w.fields[i].index), &w.fields[i])
		}
		list = reflect.Append(list, one)
	}
	err, _ := reflect.TypeAssert[error](w.call.CallSlice([]reflect.Value{list})[0])
	return err
}

// set sets a field of a span's struct, if its type can hold the value.
func (w *writer) set(field reflect.Value, t *target) {
	value := t.source.Value(&w.view)
	if field.Type() == reflect.TypeFor[time.Time]() {
		field.Set(reflect.ValueOf(w.view.End))
		return
	}
	switch field.Kind() {
	case reflect.String:
		text := w.text(value)
		if t.status && !w.older && text == "error" {
			text = "fail"
		}
		field.SetString(text)
	case reflect.Int, reflect.Int64, reflect.Int32:
		n := value.Num
		if value.Type == encode.TypeMillis {
			n /= int64(time.Millisecond)
		}
		field.SetInt(n)
	case reflect.Float64:
		f := float64(value.Num)
		if value.Type == encode.TypeMillis {
			f /= float64(time.Millisecond)
		}
		field.SetFloat(f)
	case reflect.Map:
		if m := reflect.ValueOf(w.attributes(value)); m.Type().AssignableTo(field.Type()) {
			field.Set(m)
		}
	default:
	}
}

func (w *writer) text(value encode.Value) string {
	switch value.Type {
	case encode.TypeString:
		return value.Str
	case encode.TypeTraceID:
		return w.view.Context.TraceID().String()
	case encode.TypeSpanID:
		return w.view.Context.SpanID().String()
	case encode.TypeParentID:
		if id := w.view.Parent.SpanID(); id.IsValid() {
			return id.String()
		}
		return ""
	case encode.TypeTime:
		return w.view.End.Local().Format("2006-01-02 15:04:05.000")
	case encode.TypeTraceState:
		return w.view.Context.TraceState().String()
	default:
		return ""
	}
}

func (w *writer) attributes(value encode.Value) map[string]any {
	var list []attribute.KeyValue
	switch value.Type {
	case encode.TypeAttributes:
		list = w.view.Attributes
	case encode.TypeResource:
		list = w.view.Resource.Attributes()
	default:
	}
	m := make(map[string]any, len(list))
	for _, kv := range list {
		if !vocab.Own(kv.Key) {
			m[string(vocab.Written(kv.Key))] = kv.Value.AsInterface()
		}
	}
	return m
}
