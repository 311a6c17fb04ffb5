package greptime

import (
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// cutter divides requests that are too large.
func (o *Options) cutter() delivery.Cutter {
	if !o.rows() {
		return delivery.OTLPCutter()
	}
	return delivery.ProtobufCutter(o.rowName(), requestRowInserts, insertsInsert, insertRows, rowsRow)
}

// rowName returns what reads the name of the span that a row is of.
func (o *Options) rowName() func(row []byte) string {
	name := slices.IndexFunc(o.Columns.list, func(c column) bool { return slices.Contains(c.sources, "span_name") })
	return func(row []byte) string {
		for i := 0; len(row) > 0; i++ {
			number, kind, tag := protowire.ConsumeTag(row)
			if number != rowValue || kind != protowire.BytesType {
				return ""
			}
			value, size := protowire.ConsumeBytes(row[tag:])
			if size < 0 {
				return ""
			}
			if i == name {
				return textOf(value)
			}
			row = row[tag+size:]
		}
		return ""
	}
}

// textOf returns the text in a Value.
func textOf(value []byte) string {
	number, kind, tag := protowire.ConsumeTag(value)
	if number != valueText || kind != protowire.BytesType {
		return ""
	}
	text, size := protowire.ConsumeString(value[tag:])
	if size < 0 {
		return ""
	}
	return text
}
