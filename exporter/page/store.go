package page

import (
	"sync"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter/encode"
)

// entry is a span that is kept. Its number is its place in the order of arrival, from 1.
type entry struct {
	span   sdktrace.ReadOnlySpan
	number uint64
	size   int64
	trace  *traceInfo // changes; only under the lock
	failed bool
}

// store keeps the last spans, bounded in bytes. Readers copy spans and hold the lock no longer than
// that, so that they don't delay writers.
type store struct {
	most int64

	mu      sync.Mutex
	entries []entry // by number, without a gap; forgotten spans are removed
	bytes   int64
	last    uint64 // the number of the newest span
	forgot  int64
	traces  map[trace.TraceID]*traceInfo
	view    encode.View
	waiting map[chan struct{}]struct{}
}

func newStore(most int64) *store {
	return &store{most: most, traces: make(map[trace.TraceID]*traceInfo), waiting: make(map[chan struct{}]struct{})}
}

// add keeps spans and wakes those who follow.
func (s *store) add(spans []sdktrace.ReadOnlySpan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, span := range spans {
		if span == nil {
			continue
		}
		size := sizeOf(span)
		if size > s.most { // it would drive out everything, and then itself
			s.forgot++
			continue
		}
		s.last++
		info, failed := s.enter(span)
		s.entries = append(s.entries, entry{span, s.last, size, info, failed})
		s.bytes += size
		for s.bytes > s.most {
			s.forget()
		}
	}
	for c := range s.waiting {
		select {
		case c <- struct{}{}:
		default: // it knows already
		}
	}
}

// forget drops the oldest span.
func (s *store) forget() {
	oldest := &s.entries[0]
	s.bytes -= oldest.size
	s.forgot++
	s.leave(oldest)
	*oldest = entry{}
	s.entries = s.entries[1:] // append moves the rest once the room behind it is used up
}

func (s *store) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries, s.bytes = nil, 0
	clear(s.traces)
}

// state is how much is kept.
type state struct {
	// Last is the number of the newest span; Forgotten how many the bound has cost.
	Last      uint64 `json:"last"`
	Spans     int    `json:"spans"`
	Traces    int    `json:"traces"`
	Bytes     int64  `json:"bytes"`
	MaxBytes  int64  `json:"max_bytes"`
	Forgotten int64  `json:"forgotten"`
}

func (s *store) state() state {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.locked()
}

func (s *store) locked() state {
	return state{s.last, len(s.entries), len(s.traces), s.bytes, s.most, s.forgot}
}

// since returns a copy of what is kept behind a number.
func (s *store) since(number uint64) ([]entry, state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := 0
	if first := s.last - uint64(len(s.entries)); number > first {
		from = int(min(number-first, uint64(len(s.entries))))
	}
	return append([]entry(nil), s.entries[from:]...), s.locked()
}

// of returns the spans of one trace, in the order of their arrival, and the number of the newest
// span of all.
func (s *store) of(id trace.TraceID) ([]sdktrace.ReadOnlySpan, uint64) {
	all, now := s.since(0)
	var spans []sdktrace.ReadOnlySpan
	for i := range all {
		if all[i].span.SpanContext().TraceID() == id {
			spans = append(spans, all[i].span)
		}
	}
	return spans, now.Last
}

// wake returns a channel that has something whenever spans have come since it was last read.
func (s *store) wake() (c chan struct{}, stop func()) {
	c = make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting[c] = struct{}{}
	return c, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.waiting, c)
	}
}
