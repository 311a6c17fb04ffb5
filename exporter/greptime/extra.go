package greptime

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/greptime/internal/wire"
)

// extraColumn is a column for a span field that GreptimeDB's trace table doesn't have. Its type
// is known before the first span: single attributes are texts whatever they hold, because a
// column has one type for ever.
func extraColumn(f *encode.Field) column {
	c := column{datatype: extraType(f.Source), semantic: field}
	c.value = func(w *rowWriter, dst []byte) []byte {
		value := w.json.KeyValue(&w.view, f).Value
		switch c.datatype { //nolint:exhaustive // extraType has no others
		case integer:
			return appendInteger(dst, value.AsInt64())
		case float:
			return appendFloat(dst, value.AsFloat64())
		case jsonText:
			return appendText(dst, value.AsString())
		}
		s := value.AsString()
		if value.Type() != attribute.STRING && value.Type() != attribute.EMPTY {
			s = value.String()
		}
		if s == "" {
			return appendNull(dst)
		}
		return appendText(dst, s)
	}
	return c
}

func extraType(source string) wire.ColumnDataType {
	for _, known := range encode.Sources() {
		if !slices.Contains(known.Names, source) {
			continue
		}
		switch known.Type {
		case "integer":
			return integer
		case "number":
			return float
		case "object", "array":
			return jsonText
		}
	}
	return text
}
