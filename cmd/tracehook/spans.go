package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/tracehook/tracehook/exporter/file/readback"
	"github.com/tracehook/tracehook/internal/query"
)

// reading is a walk over the spans of several sources.
type reading struct {
	*program
	query   *query.Query
	matcher *query.Matcher
	span    query.Span // what queries look at in the record that was found last

	spans, matches int // that were decoded, that matched
	unread         int
	behind         bool // something could be read behind what could not
	firstUnread    error
	textIn         string
}

func (p *program) reading(q *query.Query) *reading {
	return &reading{program: p, query: q, matcher: q.Matcher()}
}

// walk calls found for each span that matches, until it returns false.
func (r *reading) walk(ctx context.Context, sources []source, follow bool, found func(rec *readback.Record) bool) error {
	for _, s := range sources {
		for rec, err := range r.records(ctx, s, r.query, follow) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			goOn, err := r.one(&rec, err, found)
			if err != nil {
				return err
			}
			if !goOn {
				break
			}
		}
	}
	return nil
}

// one looks at one record, and says whether those behind it are worth reading.
func (r *reading) one(rec *readback.Record, err error, found func(rec *readback.Record) bool) (bool, error) {
	var bad *readback.RecordError
	switch {
	case errors.As(err, &bad):
		if r.unread++; r.firstUnread == nil {
			r.firstUnread = err
		}
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("%s: there is no such file or directory", rec.Path)
	case err != nil:
		return false, err
	}
	if !rec.Span.TraceID.IsValid() && rec.Span.Name == "" {
		if r.textIn == "" {
			r.textIn = fmt.Sprintf("%s:%d", rec.Path, rec.Line)
		}
		return false, nil // not of ours: nothing behind it will be
	}
	r.spans++
	r.behind = r.behind || r.unread > 0
	fill(&r.span, &rec.Span)
	if !r.matcher.Match(&r.span) {
		return true, nil
	}
	r.matches++
	return found(rec), nil
}

// end tells what could not be read.
func (r *reading) end() error {
	var failed bool
	if r.textIn != "" {
		failed = true
		r.complain("%s: that is no span; want JSON lines, OTLP JSON lines or YAML documents, as the driver \"file\" writes them", r.textIn)
	}
	switch {
	case r.unread == 1 && !r.behind && strings.Contains(r.firstUnread.Error(), "not complete"):
		r.complain("%v: its writer is about to finish it, or has died; it was left out", r.firstUnread)
	case r.unread > 0:
		failed = true
		r.complain("%d of the records can't be read and were left out, the first at %v", r.unread, r.firstUnread)
	}
	if failed {
		return errSaid
	}
	return nil
}

// fill makes dst what queries look at in s.
func fill(dst *query.Span, s *readback.Span) {
	dst.Reset()
	dst.TraceID, dst.ID, dst.Parent = s.TraceID, s.ID, s.Parent
	dst.Name, dst.Service, dst.Kind = s.Name, s.Service, s.Kind
	dst.Status, dst.Message = s.Status, s.Message
	dst.Start, dst.End = s.Start, s.End
	for _, key := range []string{"target", "entry"} {
		if text, ok := s.Other[key].(string); ok && dst.Target == "" {
			dst.Target = text
		}
	}
	for key, v := range s.Attributes {
		dst.AddAny(query.InSpan, key, v)
	}
	for key, v := range s.Resource {
		dst.AddAny(query.InResource, key, v)
	}
	for _, e := range s.EventList() {
		dst.AddEvent(e.Name)
		for key, v := range e.Attributes {
			dst.AddAny(query.InEvent, key, v)
		}
	}
}
