package processortest_test

import (
	"context"
	"errors"
	"fmt"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/processor/processortest"
)

func Example() {
	ctx := context.Background()
	e := processortest.New(processortest.Step{Err: errors.New("connection refused")}) // once
	spans := []sdktrace.ReadOnlySpan{processortest.Span(1)}
	fmt.Println(e.ExportSpans(ctx, spans))
	fmt.Println(e.ExportSpans(ctx, spans))
	fmt.Println(e.Exported())
	// Output:
	// connection refused
	// <nil>
	// [0000000000000001]
}
