//go:build unix

package stdstream

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// Writer returns w, or a writer in its place if w is standard output or standard error.
func Writer(w io.Writer) io.Writer {
	f, ok := w.(*os.File)
	if !ok || f == nil {
		return w
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return w
	}
	standard := false
	if err := raw.Control(func(fd uintptr) { standard = fd == 1 || fd == 2 }); err != nil || !standard {
		return w
	}
	return &stream{raw, f.Name()}
}

type stream struct {
	raw  syscall.RawConn
	name string
}

// Write writes all of p, without what os.File does when nobody reads.
func (s *stream) Write(p []byte) (n int, err error) {
	rawErr := s.raw.Write(func(fd uintptr) bool {
		for n < len(p) {
			var m int
			switch m, err = syscall.Write(int(fd), p[n:]); {
			case err == nil:
				n += m
			case errors.Is(err, syscall.EINTR):
			case errors.Is(err, syscall.EAGAIN):
				return false // until it can be written to
			default:
				err = &os.PathError{Op: "write", Path: s.name, Err: err}
				return true
			}
		}
		err = nil
		return true
	})
	return n, errors.Join(err, rawErr)
}
