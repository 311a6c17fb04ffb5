package file_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/file"
	"github.com/tracehook/tracehook/exporter/file/readback"
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

	for record, err := range readback.Read(path) {
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(record.Span.Name, record.Span.Kind, record.Span.Status)
	}
	// Output: bake bread internal ok
}
