package encode_test

import (
	"testing"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
)

// Not parallel: it counts allocations.
func TestAppendAllocatesNothing(t *testing.T) {
	spans := ended(t, 64, 8)
	for _, kind := range encode.Kinds() {
		e, err := encode.New(kind, exporter.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		buf := e.Append(nil, spans)
		if allocs := testing.AllocsPerRun(20, func() { buf = e.Append(buf[:0], spans) }); allocs != 0 {
			t.Errorf("%s: a batch of 64 spans allocates %v times", kind, allocs)
		}
	}
}
