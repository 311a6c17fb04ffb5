package spool

import (
	"fmt"
	"time"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// Put writes b to disk, to be sent later. When it returns nil the batch is there, and synced
// if the policy is [SyncBatch]. It never waits for the destination. After Close, or if the
// spool or the disk is full, it returns an error and nothing is kept.
func (s *Spool) Put(b delivery.Batch) error { return s.put(b, s.options.Sync == SyncBatch) }

// put is Put with a policy of its own: what isn't synced now is synced by Close at the latest.
func (s *Spool) put(b delivery.Batch, durable bool) error {
	e, err := s.reserve(b)
	if err != nil {
		return err
	}
	if err := s.write(&e, b.Body, durable); err != nil {
		s.release(e)
		return fmt.Errorf("spool %q: %w", s.dir, err)
	}
	s.mu.Lock()
	s.index.add(e)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return nil
}

// reserve numbers a batch and takes the room for it.
func (s *Spool) reserve(b delivery.Batch) (entry, error) {
	e := newEntry(b)
	e.created = time.Now().UnixMilli()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return entry{}, errClosed
	}
	for s.options.Full == Oldest && s.index.used+e.cost() > s.options.MaxBytes && s.index.len() > 0 {
		s.makeRoom()
	}
	if s.index.used+e.cost() > s.options.MaxBytes {
		return entry{}, fmt.Errorf("spool %q is full: it holds %d of at most %d bytes (max_bytes)", s.dir, s.index.used, s.options.MaxBytes)
	}
	s.index.number(&e)
	return e, nil
}

// newEntry returns what is known of a batch before it has a number, and a time.
func newEntry(b delivery.Batch) entry {
	return entry{body: b.Body, size: int64(len(b.Body)), spans: b.Spans, crc: checksum(b.Body), uncertain: b.Uncertain}
}

// release gives back the room of an entry that could not be written.
func (s *Spool) release(e entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index.used -= e.cost()
}

// makeRoom removes the oldest batch. It needs the lock, which it gives back meanwhile.
func (s *Spool) makeRoom() {
	e, _ := s.index.at(0)
	s.index.remove(e.seq)
	s.counts.expired += int64(e.spans)
	s.mu.Unlock()
	s.remove(e)
	s.roomLog.add(s.options.Logger, e.spans, "max_bytes", s.options.MaxBytes)
	s.mu.Lock()
}
