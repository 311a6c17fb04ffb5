//go:build !unix

package otlptest

import "testing"

// BlackHole returns an address of this machine that never answers a request for a connection. The
// test is skipped where that can't be made.
func BlackHole(tb testing.TB) (address string) {
	tb.Helper()
	tb.Skip("SKIPPED: this system has no way to make a socket that doesn't answer")
	return ""
}
