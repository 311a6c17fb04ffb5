package encode_test

import (
	"os"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/exportertest"
)

func Example() {
	e, err := encode.New("text", exporter.Settings{
		Format: "%trace% %op% took %costMs% ms",
		Fields: []exporter.FieldMapping{{Source: "trace_id", Target: "trace"}, {Source: "name", Target: "op"}},
	})
	if err != nil {
		return
	}
	var buf []byte // reused for each batch
	buf = e.Append(buf[:0], exportertest.Spans()[:2])
	_, _ = os.Stdout.Write(buf)
	// Output:
	// 4bf92f3577b34da6a3ce929d0e0e4736 GET /users/{id} took 12.345 ms
	// 4bf92f3577b34da6a3ce929d0e0e4736 service:user.login took 8 ms
}
