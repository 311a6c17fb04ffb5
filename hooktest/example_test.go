package hooktest_test

import (
	"testing"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/hooktest"
)

// Example is the test of a hook.
func Example() {
	_ = func(t *testing.T) { //nolint:thelper // func TestHook(t *testing.T)
		hooktest.Run(t, func() (tracehook.TraceHook, func() []hooktest.Span) {
			recorded := []hooktest.Span{}
			var hook tracehook.TraceHook // yours, which appends to recorded
			return hook, func() []hooktest.Span { return recorded }
		})
	}
	// Output:
}
