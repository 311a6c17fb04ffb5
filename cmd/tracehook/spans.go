package main

import (
	"cmp"
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
	textIn         string // where something stands that is no span
	inside         bool   // what is being read was found in a directory
	others         int    // files found there that hold something else
}

func (p *program) reading(q *query.Query) *reading {
	return &reading{program: p, query: q, matcher: q.Matcher()}
}

// errEnough ends a walk whose caller has seen enough.
var errEnough = errors.New("enough")

// walk calls found for each span that matches, until it returns false.
func (r *reading) walk(ctx context.Context, sources []source, follow bool, found func(rec *readback.Record) bool) error {
	for _, s := range sources {
		leaves, err := s.leaves()
		if err != nil {
			return err
		}
		for _, leaf := range leaves {
			err := r.leaf(ctx, leaf, follow, found)
			if errors.Is(err, errEnough) {
				return nil
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *reading) leaf(ctx context.Context, s source, follow bool, found func(rec *readback.Record) bool) error {
	r.inside = s.inside
	for rec, err := range r.open(ctx, s, follow) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if goOn, err := r.one(&rec, err, found); err != nil || !goOn {
			return err
		}
	}
	return nil
}

// one looks at one record, and says whether those behind it are worth reading. The error is
// [errEnough] if found returned false.
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
	case errors.Is(err, fs.ErrPermission) && r.inside:
		r.unread++
		r.firstUnread = cmp.Or(r.firstUnread, err)
		return false, nil
	case err != nil:
		return false, err
	}
	if !rec.Span.TraceID.IsValid() && rec.Span.Name == "" {
		r.foreign(rec)
		return false, nil // not of ours: nothing behind it will be
	}
	r.spans++
	r.behind = r.behind || r.unread > 0
	fill(&r.span, &rec.Span)
	if !r.matcher.Match(&r.span) {
		return true, nil
	}
	r.matches++
	if !found(rec) {
		return false, errEnough
	}
	return true, nil
}

// foreign notes a record that is no span.
func (r *reading) foreign(rec *readback.Record) {
	if r.inside {
		r.others++
	}
	if r.textIn == "" {
		r.textIn = fmt.Sprintf("%s:%d", rec.Path, rec.Line)
	}
}

// end tells what could not be read.
func (r *reading) end() error {
	var failed bool
	switch {
	case r.textIn == "":
	case r.others > 0 && r.spans > 0: // a directory may hold other things, too
		r.complain("%d of the files hold no spans and were left out, the first at %s", r.others, r.textIn)
	default:
		failed = true
		r.complain("%s: that is no span; want JSON lines, OTLP JSON lines or YAML documents, as the driver \"file\" writes them; --config names the configuration that has renamed fields", r.textIn)
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
