package file_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/file"
)

// The spans of a provider are written to a file that is rotated at 50 MiB and every
// midnight, and kept for a week.
func ExampleNew() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "trace.log")

	exporter, err := file.New(path, file.WithMaxSize(50<<20), file.WithSlice(file.Daily),
		file.WithMaxAge(7*24*time.Hour), file.WithCompression(), file.WithSync(file.SyncBatch))
	if err != nil {
		fmt.Println(err)
		return
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
	_, span := provider.Tracer("shop").Start(ctx, "bake bread")
	span.End()
	if err := provider.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}

	for record, err := range file.Read(path) {
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(record.Span.Name, record.Span.Kind, record.Span.Status)
	}
	// Output: bake bread internal ok
}

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
	for record, err := range file.Read(path) {
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
