package tracehooktest_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// fake is a test that may fail, and keeps what it says.
type fake struct {
	testing.TB

	mu       sync.Mutex
	said     []string
	cleanups []func()
}

func newFake(tb testing.TB) *fake {
	tb.Helper()
	return &fake{TB: tb}
}

func (*fake) Helper() {}

func (f *fake) Cleanup(cleanup func()) { f.cleanups = append(f.cleanups, cleanup) }

func (f *fake) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

func (f *fake) Fatalf(format string, args ...any) { f.Errorf(format, args...) }

// end is the end of the fake's test.
func (f *fake) end() {
	for _, cleanup := range slices.Backward(f.cleanups) {
		cleanup()
	}
}

func (f *fake) text() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.said, "\n")
}
