package encode

import (
	"bytes"
	"sync"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// maxKept bounds the memory that is kept for the next batch, in bytes: one batch of large
// spans must not hold what it needed for good.
const maxKept = 1 << 20

// OTLPRequests encodes batches as bodies of OTLP requests. It is safe for concurrent use.
type OTLPRequests struct{ workers sync.Pool }

type requestWorker struct {
	encoder interface {
		Append(dst []byte, spans []sdktrace.ReadOnlySpan) []byte
	}
	body []byte
}

// NewOTLPRequests returns an encoder of protobuf, or of JSON.
func NewOTLPRequests(o OTLPOptions, json bool) *OTLPRequests {
	return &OTLPRequests{workers: sync.Pool{New: func() any {
		if json {
			return &requestWorker{encoder: NewOTLPJSON(o)}
		}
		return &requestWorker{encoder: NewOTLPProto(o)}
	}}}
}

// Encode returns the body of a request with spans, which belongs to the caller. Nil spans are
// left out.
func (r *OTLPRequests) Encode(spans []sdktrace.ReadOnlySpan) []byte {
	w, _ := r.workers.Get().(*requestWorker)
	defer r.workers.Put(w)
	w.body = w.encoder.Append(w.body[:0], spans)
	if cap(w.body) <= maxKept {
		return bytes.Clone(w.body)
	}
	body := w.body
	w.body = nil
	return body
}
