// Package hooktest checks that a [tracehook.TraceHook] keeps its contract: parents, ids,
// statuses, panics, ends out of order or twice, and attributes of any kind.
//
// Start with [Run] in a test of the hook. It needs a way to see which spans the hook has
// recorded; everything else goes through the public API.
package hooktest
