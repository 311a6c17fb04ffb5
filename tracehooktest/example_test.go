package tracehooktest_test

import (
	"context"
	"fmt"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/tracehooktest"
)

// printer stands for the test, which an example doesn't have. It prints what fails.
type printer struct{ testing.TB }

func (printer) Helper()                           {}
func (printer) Cleanup(func())                    {}
func (printer) Context() context.Context          { return context.Background() }
func (printer) Errorf(format string, args ...any) { fmt.Printf(format, args...) }

func Example() {
	t := printer{} // in a test, its own t
	b := tracehooktest.New(t)
	defer func() { _ = b.Shutdown(context.Background()) }() // in a test, New sees to it

	meta := tracehook.NewMeta().WithContext(context.Background())
	span := b.Hook().Begin(meta, "checkout", tracehook.TraceAttrs("shop", tracehook.TraceKindService, "checkout"))
	_, query := b.TracerProvider().Tracer("app").Start(meta.Context(), "SELECT cart")
	query.SetAttributes(attribute.Int("rows", 3))
	query.End()
	span.End()

	fmt.Println(len(b.Find("SELECT cart", attribute.Int("rows", 3))), "query")
	b.AssertTreeText(`
		trace  2 spans
		checkout [shop]  service
		└─ SELECT cart   internal rows=4
	`)
	// Output:
	// 1 query
	// the spans differ (-want +got):
	//   trace  2 spans
	//   checkout [shop]  service
	// - └─ SELECT cart   internal rows=4
	// + └─ SELECT cart   internal rows=3
}
