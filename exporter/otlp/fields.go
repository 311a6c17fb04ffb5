package otlp

import (
	"slices"
	"sync"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
)

// attributeFields turns mapped fields into attributes. A nil one adds nothing.
type attributeFields struct {
	fields  *encode.Fields
	workers sync.Pool // of *fieldWorker
}

// fieldWorker is for one goroutine at a time.
type fieldWorker struct {
	view   encode.View
	writer encode.Writer
}

func newAttributeFields(f *encode.Fields) *attributeFields {
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

// add puts the fields of every span into a copy of its attributes.
func (f *attributeFields) add(spans []rewritten) {
	if f == nil {
		return
	}
	w, ok := f.workers.Get().(*fieldWorker)
	if !ok {
		w = new(fieldWorker)
	}
	defer func() {
		w.view.Forget()
		f.workers.Put(w)
	}()
	list := f.fields.List()
	for i := range spans {
		s := &spans[i]
		w.view.Read(s)
		s.attributes = w.writer.AddFields(slices.Grow(slices.Clip(s.attributes), len(list)), &w.view, list)
	}
}
