package spool_test

import (
	"encoding/binary"
	"path/filepath"
	"testing"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/spool"
)

// large is a batch as a connection makes it: 256 spans of about 500 bytes.
func large() delivery.Batch {
	return delivery.Batch{Body: binary.BigEndian.AppendUint64(make([]byte, 0, 128<<10), 1)[:128<<10], Spans: 256}
}

func BenchmarkPut(b *testing.B) {
	for name, policy := range map[string]spool.SyncPolicy{"fsync=batch": spool.SyncBatch, "fsync=never": spool.SyncNever} {
		b.Run(name, func(b *testing.B) {
			d := &destination{answer: down}
			s := open(b, d, spool.Options{
				Dir: filepath.Join(b.TempDir(), "s"), MaxBytes: 1 << 40, Sync: policy,
				Backoff: delivery.Backoff{Initial: 1 << 40, Max: 1 << 40},
			})
			one := large()
			b.ReportAllocs()
			b.SetBytes(int64(len(one.Body)))
			for b.Loop() {
				if err := s.Put(one); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*one.Spans)/b.Elapsed().Seconds(), "spans/s")
		})
	}
}
