package encode_test

import (
	"testing"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
)

// Every name of a source of fixed width has it, and no other source has one: a text of
// another width would be cut or written over its neighbor.
func TestFixed(t *testing.T) {
	t.Parallel()
	fixed := map[string]encode.Fixed{
		"trace_id": encode.FixedTraceID, "span_id": encode.FixedSpanID, "parent_span_id": encode.FixedParentID,
		"start_ms": encode.FixedStartMillis, "start_time_unix_nano": encode.FixedStartNano,
		"end_ms": encode.FixedEndMillis, "end_time_unix_nano": encode.FixedEndNano,
	}
	found := 0
	for _, source := range encode.Sources() {
		want := fixed[source.Names[0]]
		if want != encode.NotFixed {
			found++
		}
		for _, name := range source.Names {
			fields, err := encode.CompileFields(exporter.Settings{Fields: []exporter.FieldMapping{{Source: name, Target: "x"}}})
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
