package miniframework

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"
)

// Original is a trace module that makes spans as the framework's own does, and keeps them.
type Original[S any] struct {
	wrap  func(*handle) S
	older bool

	mu    sync.Mutex
	next  int
	spans []Span
}

// NewOriginal and NewOlderOriginal return one for each generation.
func NewOriginal() *Original[Newer] {
	return &Original[Newer]{wrap: func(h *handle) Newer { return newer{h} }}
}

// NewOlderOriginal returns one for the older generation.
func NewOlderOriginal() *Original[Older] {
	return &Original[Older]{wrap: func(h *handle) Older { return older{h} }, older: true}
}

// Spans returns what was written, in the order of the ends.
func (o *Original[S]) Spans() []Span {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]Span(nil), o.spans...)
}

// Register takes nothing, and neither does Config.
func (*Original[S]) Register(string, any) {}

// Config takes nothing.
func (*Original[S]) Config(Map) {}

// Setup does nothing, as the other steps.
func (*Original[S]) Setup() {}

// Open does nothing.
func (*Original[S]) Open() {}

// Start does nothing.
func (*Original[S]) Start() {}

// Stop does nothing.
func (*Original[S]) Stop() {}

// Close does nothing.
func (*Original[S]) Close() {}

// handle is an open span.
type handle struct {
	span  Span
	older bool
	write func(Span)
	leave func()
}

type (
	newer struct{ *handle }
	older struct{ *handle }
)

func (n newer) End(results ...any) { n.end(results) }

func (o older) End(errs ...error) {
	results := make([]any, len(errs))
	for i, err := range errs {
		if err != nil {
			results[i] = err
		}
	}
	o.end(results)
}

// Begin opens a span below the one that the ids of m name.
func (o *Original[S]) Begin(m *Meta[S], name string, attrs Map) S {
	return o.wrap(o.begin(m, name, attrs))
}

func (o *Original[S]) begin(m *Meta[S], name string, attrs Map) *handle {
	now := time.Now()
	s := Span{Name: name, Status: "ok", Start: now.UnixNano(), Attributes: Map{}, Resource: Map{}}
	before := frame{m.SpanId(), m.ParentSpanId(), m.TraceKind(), m.TraceEntry()}
	if s.TraceId = m.TraceId(); s.TraceId == "" {
		s.TraceId = m.TraceId(o.id("tr"))
	}
	s.ParentSpanId = m.ParentSpanId(before.span)
	s.SpanId = m.SpanId(o.id("sp"))
	m.push(before)
	maps.Copy(s.Attributes, attrs)
	word := func(key string, into *string) {
		if v, ok := attrs[key].(string); ok && v != "" {
			*into = v
		}
	}
	word("kind", &s.Kind)
	word("service", &s.ServiceName)
	word("target", &s.Target)
	if !o.older { // which knows the words below, and lets spans inherit
		word("entry", &s.Target)
		word("step", &s.Name)
		if s.Kind == "" {
			s.Kind = before.kind
		}
		if s.Target == "" {
			s.Target = before.entry
		}
		m.TraceKind(s.Kind)
		m.TraceEntry(s.Target)
	}
	return &handle{s, o.older, o.write, func() {
		if f, ok := m.pop(); ok {
			m.SpanId(f.span)
			m.ParentSpanId(f.parent)
			if !o.older {
				m.TraceKind(f.kind)
				m.TraceEntry(f.entry)
			}
		}
	}}
}

// Trace records an event. The newer generation forgets its status when it ends the span.
func (o *Original[S]) Trace(m *Meta[S], name, status string, attrs Map) error {
	h := o.begin(m, name, attrs)
	if status = strings.ToLower(strings.TrimSpace(status)); status != "" && o.older {
		h.span.Status = status
		if text, ok := attrs["error"].(string); ok && status == "error" {
			h.span.Result, h.span.Code = text, 1
		}
	}
	h.end(nil)
	return nil
}

func (h *handle) end(results []any) {
	now := time.Now()
	h.span.Time, h.span.End = now, now.UnixNano()
	h.span.Duration = h.span.End - h.span.Start
	if !h.older {
		h.span.Status, h.span.Code, h.span.Result = "ok", 0, ""
	}
	for _, r := range results {
		if r == nil {
			continue
		}
		switch v := r.(type) {
		case *Result:
			h.span.Status, h.span.Code, h.span.Result = v.Word, v.Number, v.Text
		case error:
			h.span.Status, h.span.Code, h.span.Result = map[bool]string{true: "error", false: "fail"}[h.older], 1, v.Error()
		default:
			h.span.Status, h.span.Code, h.span.Result = "fail", 1, fmt.Sprint(v)
		}
		break
	}
	h.write(h.span)
	h.leave()
}

func (o *Original[S]) write(s Span) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.spans = append(o.spans, s)
}

// id returns an id as the framework makes them: no hexadecimal digits.
func (o *Original[S]) id(prefix string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.next++
	return fmt.Sprintf("%s%x%x", prefix, time.Now().UnixNano(), o.next)
}
