package dynamodb

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/setting"
)

// codec makes items of spans. It is safe for concurrent use.
type codec struct {
	keys   keys
	schema Schema
	ttl    time.Duration
	expire string
	mapped bool
	pool   sync.Pool // of *encoders
	logger *slog.Logger
	warned atomic.Int64 // Unix nanoseconds: when a cut item was last logged
}

// encoders are for one goroutine at a time.
type encoders struct {
	view    encode.View
	process encode.Field
	json    encode.Encoder // the fields of an item, or what the recorder's table has of attributes
}

// newCodec reports fields that can't be used.
func (o *Options) newCodec() (*codec, error) {
	c := &codec{
		keys: newKeys(o), schema: o.Schema, ttl: o.TTL, expire: o.ttlAttribute(), mapped: len(o.Span.Fields) > 0, logger: o.Logger,
	}
	s := o.Span
	s.Fields = c.fields(s.Fields)
	if _, err := encode.CompileFields(s); err != nil {
		return nil, err
	}
	if err := c.clashes(o.Span); err != nil {
		return nil, err
	}
	process, err := encode.CompileFields(exporter.Settings{Fields: same("process")})
	if err != nil {
		return nil, err
	}
	c.pool.New = func() any {
		e, err := encode.NewJSON(s)
		if err != nil { // the fields have been compiled before
			return err
		}
		return &encoders{process: process.List()[0], json: e}
	}
	return c, nil
}

// fields are what is encoded as JSON.
func (c *codec) fields(mapped []exporter.FieldMapping) []exporter.FieldMapping {
	switch {
	case c.mapped:
		return mapped
	case c.schema == Recorder:
		return same("attributes")
	}
	return same("trace_id", "span_id", "parent_span_id", "trace_state", "trace_flags", "name", "kind", "otel_kind",
		"service_name", "target", "step", "status", "status_code", "code", "status_message", "result",
		"start_time_unix_nano", "end_time_unix_nano", "duration_ms", "attributes", "resource", "events", "links",
		"scope_name", "scope_version", "dropped_attributes_count", "dropped_events_count", "dropped_links_count",
		"project", "profile", "role", "node", "flag")
}

func same(names ...string) []exporter.FieldMapping {
	fields := make([]exporter.FieldMapping, len(names))
	for i, name := range names {
		fields[i] = exporter.FieldMapping{Source: name, Target: name}
	}
	return fields
}

// clashes reports fields whose names are taken.
func (c *codec) clashes(s exporter.Settings) error {
	var errs []error
	for _, f := range s.Fields {
		key := setting.Join("fields", f.Source)
		switch {
		case (f.Target == c.keys.hash || f.Target == c.keys.sort) && !isTraceID(f.Source) && !isSpanID(f.Source):
			errs = append(errs, s.Problem(key, "the name %q is taken by the key of the table: choose another", f.Target))
		case c.ttl > 0 && f.Target == c.expire:
			errs = append(errs, s.Problem(key, "the name %q is taken by ttl_attribute: choose another", f.Target))
		case len(f.Target) > longestName:
			errs = append(errs, s.Problem(key, "the name has more than %d bytes", longestName))
		}
	}
	return errors.Join(errs...)
}

// encode makes a batch with one line for each span. A span whose ids another span of the batch has is
// left out.
func (c *codec) encode(spans []sdktrace.ReadOnlySpan) (delivery.Batch, error) {
	e, ok := c.pool.Get().(*encoders)
	if !ok {
		return delivery.Batch{}, errors.New("the fields can't be encoded")
	}
	defer c.pool.Put(e)
	var b delivery.Batch
	var reasons delivery.Reasons
	seen := make(map[string]bool, len(spans))
	for _, s := range spans {
		if s == nil {
			continue
		}
		id, line, err := c.line(e, s)
		if err == nil && seen[id] {
			err = fmt.Errorf("span %.128q has the ids of another one in its batch, which it would replace", s.Name())
		}
		if err != nil {
			reasons.Add(err)
			continue
		}
		seen[id] = true
		b.Body = append(b.Body, line...)
		b.Spans++
	}
	e.view.Forget()
	return b, reasons.Err()
}

// line returns the item of a span, and what tells it from others.
func (c *codec) line(e *encoders, s sdktrace.ReadOnlySpan) (id string, line []byte, err error) {
	it, err := c.item(e, s)
	if err != nil {
		return "", nil, err
	}
	line, err = it.line()
	return c.keys.id(it), line, err
}

// item makes an item of a span.
func (c *codec) item(e *encoders, s sdktrace.ReadOnlySpan) (item, error) {
	e.view.Read(s)
	d := json.NewDecoder(bytes.NewReader(e.json.Append(nil, []sdktrace.ReadOnlySpan{s})))
	d.UseNumber()
	var fields map[string]any
	if err := d.Decode(&fields); err != nil {
		return nil, fmt.Errorf("span %.128q can't be encoded: %w", s.Name(), err)
	}
	it := make(item, len(fields)+4)
	c.keys.put(it, &e.view)
	if c.ttl > 0 {
		it[c.expire] = integer(e.view.End.Add(c.ttl).Unix())
	}
	if c.schema == Recorder && !c.mapped {
		record(it, e, fields)
	} else {
		for _, name := range sortedKeys(fields) {
			v := valueOf(fields[name], 1)
			if v.Null || name == c.keys.hash || name == c.keys.sort || !c.mapped && v.empty() {
				continue
			}
			it.add(name, v)
		}
	}
	if it.fit(c.keys.hash, c.keys.sort, c.expire) {
		c.warn(s)
	}
	return it, nil
}

// warn logs an item that was cut, at most once in ten seconds.
func (c *codec) warn(s sdktrace.ReadOnlySpan) {
	now := time.Now().UnixNano()
	if last := c.warned.Load(); c.logger != nil && (last == 0 || now-last >= int64(10*time.Second)) && c.warned.CompareAndSwap(last, now) {
		c.logger.Warn("a span is larger than the 400 KB of an item, and its largest attributes are cut; the item says which", "span", s.Name())
	}
}

// empty reports a value that says nothing.
func (v value) empty() bool {
	return v.Null || v.S != nil && *v.S == "" || v.N == "0" || v.L != nil && len(*v.L) == 0 || v.M != nil && len(*v.M) == 0
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// seconds is a time or a duration as the recorder writes it.
func seconds(d time.Duration) value {
	return number(strconv.FormatFloat(d.Seconds(), 'f', 6, 64))
}
