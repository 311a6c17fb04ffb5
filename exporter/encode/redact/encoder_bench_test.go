package redact_test

import (
	"testing"
	"time"

	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/encode/redact"
)

// BenchmarkRedactedRatio encodes spans in which nothing is found, with and without redaction in turn.
func BenchmarkRedactedRatio(b *testing.B) {
	r := newRedactor(b, redact.Options{Defaults: true})
	spans := ordinary(512)
	e := encode.NewOTLPProto(encode.OTLPOptions{})
	var buf []byte
	var plain, redacted time.Duration
	for b.Loop() {
		t0 := time.Now()
		buf = e.Append(buf[:0], spans)
		t1 := time.Now()
		buf = e.Append(buf[:0], r.Spans(spans))
		plain, redacted = plain+t1.Sub(t0), redacted+time.Since(t1)
	}
	b.ReportMetric(float64(redacted)/float64(plain), "ratio")
	b.ReportMetric(float64(plain.Nanoseconds())/float64(b.N)/float64(len(spans)), "ns/plain-span")
}
