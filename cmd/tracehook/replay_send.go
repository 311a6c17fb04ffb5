package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/tracehook/tracehook/cmd/tracehook/internal/wire"
	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/file/readback"
	"github.com/tracehook/tracehook/exporter/report"
)

// What one request holds.
const (
	mostSent      = 512     // spans
	mostSentBytes = 1 << 20 // as they are encoded
)

// sending is a replay that is under way.
type sending struct {
	*reading
	target   *target
	sender   *delivery.Sender
	state    *state
	progress *progress

	batch  tracepb.TracesData
	spans  int // in batch
	bytes  int
	marks  map[string]int // records of files that are done when batch is
	next   time.Time      // when the rate allows the next batch
	record int            // number in the file that is being read
	file   string         // its path and its fingerprint
	print  string

	delivered, skipped, refused int
	firstRefusal                error
}

// source sends what is at one place.
func (s *sending) source(ctx context.Context, from source) error {
	return s.messages(ctx, from, func(m spanMessage) error {
		if m.path != s.file {
			s.file, s.print, s.record = m.path, fingerprint(m.data), 0
		}
		s.record++
		s.progress.read(m.path, m.size)
		if s.record <= s.state.done(s.print) {
			s.skipped++
			return nil
		}
		return s.add(ctx, m.data)
	})
}

// add puts a message into the batch.
func (s *sending) add(ctx context.Context, data *tracepb.TracesData) error {
	if !s.query.All() {
		if err := s.filter(data); err != nil {
			return err
		}
	}
	n, size := wire.Count(data), proto.Size(data)
	if s.spans > 0 && (s.spans+n > mostSent || s.bytes+size > mostSentBytes) {
		if err := s.flush(ctx); err != nil {
			return err
		}
	}
	if s.marks == nil {
		s.marks = make(map[string]int)
	}
	s.marks[s.print] = s.record
	s.batch.ResourceSpans = append(s.batch.ResourceSpans, data.GetResourceSpans()...)
	s.spans, s.bytes = s.spans+n, s.bytes+size
	return nil
}

// filter leaves in data what the query asks for.
func (s *sending) filter(data *tracepb.TracesData) error {
	for _, r := range data.GetResourceSpans() {
		for _, scope := range r.GetScopeSpans() {
			kept := scope.Spans[:0]
			for _, span := range scope.GetSpans() {
				one := &tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
					Resource: r.GetResource(), ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{span}}},
				}}}
				line, err := wire.ToJSON(one)
				if err != nil {
					return err
				}
				for rec, err := range readback.ReadFrom(reader(line), "", readback.WithMaxRecord(len(line))) {
					if err != nil {
						return err
					}
					if fill(&s.span, &rec.Span); s.matcher.Match(&s.span) {
						kept = append(kept, span)
					}
				}
			}
			scope.Spans = kept
		}
	}
	return nil
}

// flush delivers the batch.
func (s *sending) flush(ctx context.Context) error {
	if s.spans > 0 {
		if err := s.wait(ctx); err != nil {
			return err
		}
		body, err := proto.Marshal(&s.batch)
		if err != nil {
			return err
		}
		if err := s.deliver(ctx, delivery.Batch{Body: body, Spans: s.spans}); err != nil {
			return err
		}
	}
	err := s.state.note(s.marks)
	s.batch, s.spans, s.bytes, s.marks = tracepb.TracesData{}, 0, 0, nil
	return err
}

func (s *sending) deliver(ctx context.Context, b delivery.Batch) error {
	err := s.sender.Deliver(ctx, b)
	var result *report.Result
	switch {
	case err == nil:
		s.delivered += b.Spans
	case ctx.Err() != nil:
		return ctx.Err()
	case s.sender.Down() || s.sender.Barred() != nil:
		if errors.As(err, &result) {
			s.delivered += result.Exported
			err = result.Err
		}
		return fmt.Errorf("the endpoint takes nothing: %w", err)
	case errors.As(err, &result):
		s.delivered += result.Exported
		if s.refused += result.Failed; s.firstRefusal == nil {
			s.firstRefusal = result.Err
		}
	default:
		return err
	}
	s.progress.sent(s.delivered)
	return nil
}

// wait waits until the rate allows the batch.
func (s *sending) wait(ctx context.Context) error {
	if s.target.rate == 0 {
		return ctx.Err()
	}
	if now := time.Now(); s.next.Before(now) {
		s.next = now
	}
	t := time.NewTimer(time.Until(s.next))
	defer t.Stop()
	s.next = s.next.Add(time.Duration(float64(s.spans) / s.target.rate * float64(time.Second)))
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
