package delivery

import (
	"bytes"
	"compress/gzip"
	"io"
	"sync"
)

// compressor keeps gzip writers, which are large (about 800 KB each).
type compressor struct{ pool sync.Pool }

// compress returns body compressed, in memory of its own: the network stack may read it
// after an attempt has returned.
func (c *compressor) compress(body []byte) ([]byte, error) {
	w, ok := c.pool.Get().(*gzip.Writer)
	if !ok {
		w = gzip.NewWriter(io.Discard)
	}
	defer c.pool.Put(w)
	var b bytes.Buffer
	b.Grow(len(body)/4 + 64)
	w.Reset(&b)
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
