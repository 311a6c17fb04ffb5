package encode

import (
	"testing"

	"github.com/tracehook/tracehook/exporter"
)

// Every name of a source of fixed width has it, and no other source has one: a text of
// another width would be cut or written over its neighbor.
func TestFixed(t *testing.T) {
	t.Parallel()
	fixed := map[string]share{
		"trace_id": fixedTraceID, "span_id": fixedSpanID, "parent_span_id": fixedParentID,
		"start_ms": fixedStartMillis, "start_time_unix_nano": fixedStartNano,
		"end_ms": fixedEndMillis, "end_time_unix_nano": fixedEndNano,
	}
	found := 0
	for _, source := range Sources() {
		want := fixed[source.Names[0]]
		if want.fixed() {
			found++
		}
		for _, name := range source.Names {
			fields, err := CompileFields(exporter.Settings{Fields: []exporter.FieldMapping{{Source: name, Target: "x"}}})
			if err != nil {
				t.Fatal(err)
			}
			if got := fields.List()[0].share; got != want && (got.fixed() || want.fixed()) {
				t.Errorf("source %q is shared as %d, want %d", name, got, want)
			}
		}
	}
	if found != len(fixed) {
		t.Errorf("%d sources have a fixed width, want %d", found, len(fixed))
	}
}
