package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter/file/readback"
	"github.com/tracehook/tracehook/exporter/tree"
	"github.com/tracehook/tracehook/internal/query"
)

const (
	// mostTraces bounds how many traces with matches are remembered.
	mostTraces = 1 << 18
	// mostWaiting bounds how many spans wait for the rest of their traces.
	mostWaiting = 200_000
)

// trees draws every trace that has a match. Files are read twice: to find the traces, and to draw
// them. What can be read once only, standard input, is drawn as far as it waits in memory.
func (r *reading) trees(ctx context.Context, sources []source, watch *watcher) error {
	out := r.drawing()
	for _, s := range sources {
		if err := r.treesOf(ctx, s, watch, out); err != nil {
			return err
		}
	}
	return out.draw(out.collector.Rest())
}

func (r *reading) treesOf(ctx context.Context, s source, watch *watcher, out *drawing) error {
	wanted := make(map[trace.TraceID]struct{})
	everything := r.query.All()
	if !everything && s.where == "-" {
		return usage("--trees with a query reads twice, which standard input can't: give a file")
	}
	if !everything {
		err := r.walk(ctx, []source{s}, false, func(rec *readback.Record) bool {
			watch.see(&r.span)
			if len(wanted) < mostTraces {
				wanted[rec.Span.TraceID] = struct{}{}
			}
			return true
		})
		if err != nil || len(wanted) == 0 {
			return err
		}
	}
	again := r.reading(&query.Query{})
	var broken error
	err := again.walk(ctx, []source{s}, false, func(rec *readback.Record) bool {
		if _, ok := wanted[rec.Span.TraceID]; !ok && !everything {
			return true
		}
		if everything {
			watch.see(&again.span)
		}
		broken = out.add(&rec.Span)
		return broken == nil
	})
	if everything {
		r.unread, r.firstUnread, r.textIn, r.behind = again.unread, again.firstUnread, again.textIn, again.behind
	}
	return errors.Join(err, broken)
}

// drawing draws traces when all of their spans are there.
type drawing struct {
	*program
	collector *tree.Collector
	style     tree.Style
	buf       []byte
}

func (p *program) drawing() *drawing {
	return &drawing{program: p, collector: tree.NewCollector(mostWaiting, math.MaxInt64), style: tree.Style{Color: p.color, Width: p.terminal()}}
}

func (d *drawing) add(s *readback.Span) error {
	// Files of others may have a root before its children, so that all wait as long as they can.
	if d.collector.Add(time.Time{}, treeSpan(s)); d.collector.Waiting() <= mostWaiting {
		return nil
	}
	return d.draw(d.collector.Ready(time.Time{}))
}

func (d *drawing) draw(traces []tree.Trace) error {
	for _, t := range traces {
		d.buf = d.style.Append(d.buf[:0], t)
		if _, err := d.out.Write(d.buf); err != nil {
			return err
		}
	}
	return nil
}

// treeSpan is a span that was read as trees have it.
func treeSpan(s *readback.Span) tree.Span {
	t := tree.Span{
		TraceID: s.TraceID, ID: s.ID, Parent: s.Parent, Remote: s.Remote,
		Name: s.Name, Kind: s.Kind, Service: s.Service, Status: s.Status, Message: s.Message,
		Start: s.Start, Duration: s.Duration(), Children: -1,
	}
	for key, v := range s.Attributes {
		t.Attributes = append(t.Attributes, attribute.KeyValue{Key: attribute.Key(key), Value: value(v)})
	}
	slices.SortFunc(t.Attributes, func(a, b attribute.KeyValue) int { return strings.Compare(string(a.Key), string(b.Key)) })
	return t
}

func value(v any) attribute.Value {
	switch v := v.(type) {
	case string:
		return attribute.StringValue(v)
	case bool:
		return attribute.BoolValue(v)
	case int64:
		return attribute.Int64Value(v)
	case float64:
		return attribute.Float64Value(v)
	}
	text, err := json.Marshal(v)
	if err != nil {
		text = fmt.Append(nil, v)
	}
	return attribute.StringValue(string(text))
}
