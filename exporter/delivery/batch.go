package delivery

import (
	"bytes"
	"io"
	"os"
	"sync"
	"sync/atomic"
)

// Batch is the body of one request and the number of spans in it. Nobody changes Body
// after the batch was handed over; it may be read for as long as an attempt lasts, and by
// the network stack a little longer.
type Batch struct {
	Body  []byte
	Spans int
	// Recycle is given Body when it is certain that nobody reads it any more, which isn't
	// always known; nil leaves Body to the garbage collector.
	Recycle func(body []byte)
	// ContentType is what Body is where it isn't what the transport says by itself. Only HTTP heeds it.
	ContentType string
	// Uncertain reports that an earlier attempt at this batch may have arrived.
	Uncertain bool

	readers *atomic.Int64 // nil if nobody will recycle it
	barred  uint8         // how often it was barred although the destination takes empty requests
	suspect bool          // it failed while others didn't: it gets one attempt
}

// recycle gives the body back after the last attempt.
func (b *Batch) recycle() {
	if b.readers.Load() == 0 {
		b.Recycle(b.Body)
	}
}

// read notes a reader for good: one that doesn't say when it has finished.
func (b *Batch) read() {
	if b.readers != nil {
		b.readers.Add(1)
	}
}

// reader returns a body of a request. The network stack closes it when it has finished, which
// may be after the request has failed.
func (b *Batch) reader() io.ReadCloser {
	if b.readers == nil {
		return io.NopCloser(bytes.NewReader(b.Body))
	}
	b.readers.Add(1)
	return &bodyReader{rest: b.Body, readers: b.readers}
}

// bodyReader may be closed during a Read.
type bodyReader struct {
	mu      sync.Mutex
	rest    []byte
	readers *atomic.Int64 // nil after Close
}

// Read returns [os.ErrClosed] after Close.
func (r *bodyReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.readers == nil:
		return 0, os.ErrClosed
	case len(r.rest) == 0:
		return 0, io.EOF
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Close ends the reading of the body.
func (r *bodyReader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.readers != nil {
		r.readers.Add(-1)
		r.rest, r.readers = nil, nil
	}
	return nil
}
