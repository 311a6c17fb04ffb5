package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/tracehook/tracehook/cmd/tracehook/internal/wire"
	"github.com/tracehook/tracehook/exporter/file/readback"
	"github.com/tracehook/tracehook/exporter/spool"
)

// spanMessage is what stands in one record of a file.
type spanMessage struct {
	data *tracepb.TracesData
	// exact says that it was written as OTLP; what other encodings don't hold is missing.
	exact bool
	path  string
	line  int
	size  int // bytes of the record
}

// messages calls use for what stands in each record at s, in OTLP. Records that can't be read are
// counted in r.
func (r *reading) messages(ctx context.Context, s source, use func(m spanMessage) error) error {
	leaves, err := s.leaves()
	if err != nil {
		return err
	}
	for _, leaf := range leaves {
		if err := r.messagesOf(ctx, leaf, use); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) messagesOf(ctx context.Context, s source, use func(m spanMessage) error) error {
	r.inside = s.inside
	if f, ok := spool.StoredAt(s.where); ok {
		data, err := message(f)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			r.bad(&readback.RecordError{Path: f.Path, Line: 1, Err: err})
			return nil
		}
		r.behind, r.spans = true, r.spans+wire.Count(data)
		return use(spanMessage{data, true, f.Path, 1, int(f.Bytes)})
	}
	for rec, err := range r.undecoded(ctx, s) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		m, goOn, err := r.message(&rec, s, err)
		if err != nil || !goOn {
			return err
		}
		if m.data == nil {
			continue
		}
		r.spans += wire.Count(m.data)
		if err := use(m); err != nil {
			return err
		}
	}
	return nil
}

// message turns one record into OTLP. It has no data if the record can't be read.
func (r *reading) message(rec *readback.Record, s source, err error) (m spanMessage, goOn bool, _ error) {
	m = spanMessage{path: rec.Path, line: rec.Line, size: len(rec.Raw) + 1}
	if err == nil && wire.IsOTLP(rec.Raw) {
		if m.data, err = wire.FromJSON(rec.Raw); err != nil {
			r.bad(&readback.RecordError{Path: rec.Path, Line: rec.Line, Err: err})
		}
		m.exact = true
		return m, true, nil
	}
	if err == nil && !rec.Span.TraceID.IsValid() && rec.Span.Name == "" && len(rec.Raw) > 0 && rec.Raw[0] == '{' {
		for decoded, err := range readback.ReadFrom(reader(rec.Raw), rec.Path, r.options(s)...) {
			decoded.Line = rec.Line
			return r.decoded(m, &decoded, err)
		}
	}
	return r.decoded(m, rec, err)
}

func (r *reading) decoded(m spanMessage, rec *readback.Record, err error) (spanMessage, bool, error) {
	found := false
	goOn, err := r.one(rec, err, func(*readback.Record) bool { found = true; return true })
	if found {
		r.spans-- // it is counted with its message
		m.data = wire.FromRead(&rec.Span)
	}
	return m, goOn, err
}

// bad counts a record that can't be read.
func (r *reading) bad(err *readback.RecordError) {
	if r.unread++; r.firstUnread == nil {
		r.firstUnread = err
	}
}

// place says where a message stands.
func (m spanMessage) place() string { return fmt.Sprintf("%s:%d", m.path, m.line) }
