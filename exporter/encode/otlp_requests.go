package encode

import (
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/encode/redact"
)

// maxKept bounds the memory that is kept for the next batch, in bytes: one batch of large
// spans must not hold what it needed for good.
const maxKept = 1 << 20

// OTLPRequests encodes batches as bodies of OTLP requests. It is safe for concurrent use; it
// keeps the memory of one batch.
type OTLPRequests struct {
	options OTLPOptions
	json    bool
	size    atomic.Int64 // of the last body
	encoder atomic.Pointer[requestEncoder]
	body    atomic.Pointer[[]byte]
}

type requestEncoder interface {
	Append(dst []byte, spans []sdktrace.ReadOnlySpan) []byte
}

// NewOTLPRequests returns an encoder of protobuf, or of JSON.
func NewOTLPRequests(o OTLPOptions, json bool) *OTLPRequests {
	return &OTLPRequests{options: o, json: json}
}

// Redact makes it redact spans with d. It must be called before the first Encode.
func (r *OTLPRequests) Redact(d *redact.Redactor) { r.options.Redactor = d }

// Encode returns the body of a request with spans, which belongs to the caller. Nil spans are
// left out.
func (r *OTLPRequests) Encode(spans []sdktrace.ReadOnlySpan) []byte {
	e := r.encoder.Swap(nil)
	if e == nil {
		var made requestEncoder = NewOTLPProto(r.options)
		if r.json {
			made = NewOTLPJSON(r.options)
		}
		e = &made
	}
	var body []byte
	if kept := r.body.Swap(nil); kept != nil {
		body = *kept
	} else {
		body = make([]byte, 0, min(r.size.Load()*9/8, maxKept))
	}
	body = (*e).Append(body, spans)
	r.size.Store(int64(len(body)))
	r.encoder.Store(e)
	return body
}

// Recycle takes back a body that nobody reads any more, for the next batch.
func (r *OTLPRequests) Recycle(body []byte) {
	if cap(body) <= maxKept {
		body = body[:0]
		r.body.Store(&body)
	}
}
