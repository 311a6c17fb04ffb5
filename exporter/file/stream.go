package file

import (
	"fmt"
	"io"
	"os"
	"sort"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/internal/stdstream"
)

// stream returns what a path stands for that names standard output or standard error; nil
// if it names a file. A stream isn't locked, rotated or synced, whatever it leads to, and
// may end before the process does.
func (s *settings) stream() io.Writer {
	switch s.path {
	case "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1":
		if s.stdout != nil {
			return stdstream.Writer(s.stdout)
		}
		return stdstream.Writer(os.Stdout)
	case "/dev/stderr", "/dev/fd/2", "/proc/self/fd/2":
		if s.stderr != nil {
			return stdstream.Writer(s.stderr)
		}
		return stdstream.Writer(os.Stderr)
	}
	return nil
}

// exportStream writes spans to the stream and counts those that are there whole.
func (e *Exporter) exportStream(spans []sdktrace.ReadOnlySpan) (done int, err error) {
	e.weights = e.weights[:0]
	for len(spans) > 0 && err == nil {
		e.batch.reset()
		first := len(e.weights)
		for len(spans) > 0 && len(e.batch.buf) < flushAt {
			n := min(e.step(), len(spans))
			e.encode(spans[:n])
			spans = spans[n:]
		}
		var n int
		n, err = e.stream.Write(e.batch.buf[1:])
		records := sort.SearchInts(e.batch.ends, n+2)
		for _, weight := range e.weights[first : first+records] {
			done += weight
		}
	}
	e.trim()
	if err != nil {
		return done, fmt.Errorf("nobody reads it anymore, or it can't be written to: %w", err)
	}
	return done, nil
}
