package spool

import "testing"

// Bodies that wait in memory are bounded, whatever waits on disk.
func TestBodiesInMemoryAreBounded(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	var x index
	held := func() (bytes int) {
		for i := range x.len() {
			e, _ := x.at(i)
			bytes += len(e.body)
		}
		return bytes
	}
	for n := range uint64(20) {
		x.add(entry{seq: n, size: size, spans: 1, body: make([]byte, size)})
	}
	if held() != maxCached || x.len() != 20 {
		t.Errorf("%d bytes of %d batches are in memory, want %d of 20", held(), x.len(), maxCached)
	}
	for n := range uint64(2) {
		x.remove(n)
	}
	for n := range uint64(5) {
		x.add(entry{seq: 20 + n, size: size, spans: 1, body: make([]byte, size)})
	}
	if held() != maxCached {
		t.Errorf("%d bytes are in memory after others have left, want %d", held(), maxCached)
	}
}
