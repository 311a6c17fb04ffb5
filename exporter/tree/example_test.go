package tree_test

import (
	"os"
	"time"

	"github.com/tracehook/tracehook/exporter/tree"
)

func ExampleStyle_Append() {
	spans := []tree.Span{
		span(3, 2, 10, 40, "db.query"),
		span(2, 1, 5, 45, "service:user.login"),
		span(1, 0, 0, 50, "http:POST /login"),
	}
	spans[0].Status, spans[0].Message = "error", "connection reset"
	style := tree.Style{Width: 100, Location: time.UTC}
	_, _ = os.Stdout.Write(style.Append(nil, tree.Trace{Spans: spans}))
	// Output:
	// trace 00000000000000000000000000000001  3 spans  50.0ms  2026-03-04 05:06:07.089  1 error
	// http:POST /login        50.0ms  ━━━━━━━━━━━━━━━━━━━━  internal
	// └─ service:user.login   40.0ms    ━━━━━━━━━━━━━━━━    internal
	//    └─ db.query          30.0ms      ━━━━━━━━━━━━      internal
	//          ✗ error: connection reset
}
