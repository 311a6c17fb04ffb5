package main

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter/file/readback"
	"github.com/tracehook/tracehook/exporter/tree"
)

type result struct {
	traces              []tree.Trace
	total, spans, other int
	problems            []error // the first few
}

// extent is when a trace began and ended.
type extent struct{ start, end time.Time }

// slowest reads the folder twice: once to see how long each trace took, which needs little
// memory, and once more for the spans of those that are shown.
func slowest(dir string, most int) (result, error) {
	var r result
	extents := make(map[trace.TraceID]extent)
	for rec, err := range readback.Read(dir) {
		var broken *readback.RecordError
		switch {
		case errors.As(err, &broken):
			if len(r.problems) < 10 {
				r.problems = append(r.problems, err)
			}
			continue
		case err != nil:
			return r, err
		case !rec.Span.TraceID.IsValid():
			r.other++
			continue
		}
		r.spans++
		s := &rec.Span
		e, known := extents[s.TraceID]
		if !known {
			e = extent{s.Start, s.End}
		}
		if s.Start.Before(e.start) {
			e.start = s.Start
		}
		if s.End.After(e.end) {
			e.end = s.End
		}
		extents[s.TraceID] = e
	}
	r.total = len(extents)
	ids := slices.SortedFunc(maps.Keys(extents), func(a, b trace.TraceID) int {
		x, y := extents[a], extents[b]
		return cmp.Or(cmp.Compare(y.end.Sub(y.start), x.end.Sub(x.start)), slices.Compare(a[:], b[:]))
	})
	ids = ids[:min(most, len(ids))]
	r.traces = make([]tree.Trace, len(ids))
	for rec, err := range readback.Read(dir) {
		if err != nil {
			continue // the first pass has noted it
		}
		if i := slices.Index(ids, rec.Span.TraceID); i >= 0 {
			r.traces[i].Spans = append(r.traces[i].Spans, toTree(&rec.Span))
		}
	}
	r.traces = slices.DeleteFunc(r.traces, func(t tree.Trace) bool { return len(t.Spans) == 0 })
	return r, nil
}

func toTree(s *readback.Span) tree.Span {
	return tree.Span{
		TraceID: s.TraceID, ID: s.ID, Parent: s.Parent, Remote: s.Remote,
		Name: s.Name, Kind: s.Kind, Service: s.Service, Status: s.Status, Message: s.Message,
		Start: s.Start, Duration: s.Duration(), Attributes: attributes(s.Attributes), Children: -1,
	}
}

func attributes(table map[string]any) []attribute.KeyValue {
	var list []attribute.KeyValue
	for _, key := range slices.Sorted(maps.Keys(table)) {
		switch value := table[key].(type) {
		case string:
			list = append(list, attribute.String(key, value))
		case bool:
			list = append(list, attribute.Bool(key, value))
		case int64:
			list = append(list, attribute.Int64(key, value))
		case float64:
			list = append(list, attribute.Float64(key, value))
		}
	}
	return list
}
