package readback_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/tracehook/tracehook/exporter/file/readback"
)

// A file that was written by anyone can be read, and what is broken in it is reported.
func ExampleRead() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "trace.log")
	lines := `{"name":"bake bread","duration_ms":90}` + "\n" + `{"name":"sell br` + "\n"
	if err := os.WriteFile(path, []byte(lines), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	for record, err := range readback.Read(path) {
		if err != nil {
			fmt.Printf("line %d can't be read: %s\n", record.Line, record.Raw)
			continue
		}
		fmt.Printf("line %d: %s\n", record.Line, record.Span.Name)
	}
	// Output:
	// line 1: bake bread
	// line 2 can't be read: {"name":"sell br
}
