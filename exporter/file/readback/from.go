package readback

import (
	"bufio"
	"bytes"
	"io"
	"iter"
)

// ReadFrom iterates over the records that src has, plain or compressed with gzip, until its end.
// Name is the Path of the records. Everything else is as [Read] has it. It doesn't close src, and
// can be iterated over once.
func ReadFrom(src io.Reader, name string, opts ...Option) iter.Seq2[Record, error] {
	r := newReader(opts)
	return func(yield func(Record, error) bool) {
		buffered := bufio.NewReader(src)
		head, _ := buffered.Peek(2) // an error comes again with the first read
		if !bytes.Equal(head, []byte{0x1f, 0x8b}) {
			r.read(name, buffered, yield)
			return
		}
		r.zipped(name, buffered, yield)
	}
}
