package connection

import (
	"runtime"
	"strings"
	"sync/atomic"
)

// Inside finds out whether code runs inside an export although its context doesn't say so: an exporter
// that starts spans under a context of its own would export them, and make more of them. The stack of the
// goroutine knows. It costs some microseconds to look, so only the first few spans that begin a trace are
// looked at, of the first exports and then of some of them, until one such exporter is found. The zero
// value is ready to use.
type Inside struct {
	exports atomic.Uint32 // that have begun
	looks   atomic.Int32  // how many more times
	found   atomic.Bool
}

const (
	// looksPerExport is how often one export makes somebody look.
	looksPerExport = 2
	// firstExports is how many exports do so in any case. Of later ones it is each someExports-th.
	firstExports = 32
	someExports  = 16
	// deepestExport is how many calls deep an exporter may start a span.
	deepestExport = 128
)

// begin says that an export begins.
func (i *Inside) begin() {
	if n := i.exports.Add(1); n <= firstExports || n%someExports == 0 {
		i.looks.Store(looksPerExport)
	}
}

// Wanted reports whether Export is to be asked about a span that begins a trace.
func (i *Inside) Wanted() bool { return i.looks.Load() > 0 || i.found.Load() }

// Export reports whether the caller runs inside an export, and whether that was found for the first time.
func (i *Inside) Export() (inside, first bool) {
	i.looks.Add(-1)
	if !isInsideExport() {
		return false, false
	}
	return true, !i.found.Swap(true)
}

// isInsideExport looks for the function that calls exporters on the stack.
func isInsideExport() bool {
	var pcs [deepestExport]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		frame, more := frames.Next()
		if strings.HasSuffix(frame.Function, "processor/internal/connection.(*export).run") {
			return true
		}
		if !more {
			return false
		}
	}
}
