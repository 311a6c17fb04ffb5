package exporter_test

import (
	"testing"

	"github.com/tracehook/tracehook/exporter"
)

// Every name of a source of fixed width has it, and no other source has one: a text of
// another width would be cut or written over its neighbor.
func TestFixed(t *testing.T) {
	t.Parallel()
	fixed := map[string]exporter.Fixed{
		"trace_id": exporter.FixedTraceID, "span_id": exporter.FixedSpanID, "parent_span_id": exporter.FixedParentID,
		"start_ms": exporter.FixedStartMillis, "start_time_unix_nano": exporter.FixedStartNano,
		"end_ms": exporter.FixedEndMillis, "end_time_unix_nano": exporter.FixedEndNano,
	}
	found := 0
	for _, source := range exporter.Sources() {
		want := fixed[source.Names[0]]
		if want != exporter.NotFixed {
			found++
		}
		for _, name := range source.Names {
			fields, err := exporter.CompileFields(exporter.Settings{Fields: []exporter.FieldMapping{{Source: name, Target: "x"}}})
			if err != nil {
				t.Fatal(err)
			}
			if got := fields.List()[0].Fixed(); got != want {
				t.Errorf("source %q has the fixed width %d, want %d", name, got, want)
			}
		}
	}
	if found != len(fixed) {
		t.Errorf("%d sources have a fixed width, want %d", found, len(fixed))
	}
}
