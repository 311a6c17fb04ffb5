package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/tracehook/tracehook/exporter/encode"
	"github.com/tracehook/tracehook/exporter/file/readback"
	"github.com/tracehook/tracehook/internal/clip"
)

// printer writes spans, one a line.
type printer struct {
	w     *bufio.Writer
	json  bool
	color bool
	width func() int // 0: lines are as long as they are; asked each time, as people resize windows
	buf   []byte
}

func (p *program) printer(asJSON bool) *printer {
	return &printer{w: bufio.NewWriterSize(p.out, 64<<10), json: asJSON, color: p.color, width: p.terminal}
}

// span writes one span. The error is that of the output.
func (p *printer) span(s *readback.Span) error {
	if p.json {
		return p.object(s)
	}
	line := p.line(s)
	if width := p.width(); width > 0 {
		line = runewidth.Truncate(line, width, "…")
	}
	if p.color && bad(s) {
		line = "\x1b[31m" + line + "\x1b[0m"
	}
	_, err := p.w.WriteString(line + "\n")
	return err
}

func bad(s *readback.Span) bool { return s.Status != "" && s.Status != "ok" }

// line is a span for people: when, how it went, how long, who and what, and the trace.
func (p *printer) line(s *readback.Span) string {
	sign := "✓"
	if bad(s) {
		sign = "✗"
	}
	when := strings.Repeat(" ", 23)
	if !s.Start.IsZero() {
		when = s.Start.Local().Format("2006-01-02 15:04:05.000")
	}
	text := fmt.Sprintf("%s %s %8s  %s  ", when, sign, duration(s.Duration()), s.TraceID.String()[:8])
	if s.Service != "" {
		text += p.visible(s.Service) + "  "
	}
	text += p.visible(s.Name)
	if bad(s) {
		text += "  " + p.visible(s.Status)
		if s.Message != "" {
			text += ": " + p.visible(s.Message)
		}
	}
	parts := []string{text}
	for _, key := range []string{"http.route", "http.response.status_code", "db.query.text", "error.type"} {
		if v, ok := s.Attributes[key]; ok {
			parts = append(parts, key+"="+p.visible(fmt.Sprint(v)))
		}
	}
	return strings.Join(parts, "  ")
}

// visible keeps what a span holds from driving the terminal, and from filling it.
func (p *printer) visible(s string) string {
	if head := clip.Head(s, 300); len(head) < len(s) {
		s = head + "…"
	}
	p.buf = encode.AppendVisible(p.buf[:0], s)
	return string(p.buf)
}

func duration(d time.Duration) string {
	switch {
	case d < time.Microsecond:
		return fmt.Sprintf("%dns", d)
	case d < time.Millisecond:
		return fmt.Sprintf("%.3gµs", float64(d)/1e3)
	case d < time.Second:
		return fmt.Sprintf("%.3gms", float64(d)/1e6)
	case d < time.Minute:
		return fmt.Sprintf("%.3gs", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// object is a span under the names of the driver "file".
func (p *printer) object(s *readback.Span) error {
	o := struct {
		TraceID    string         `json:"trace_id"`
		SpanID     string         `json:"span_id"`
		Parent     string         `json:"parent_span_id,omitempty"`
		Name       string         `json:"name"`
		Kind       string         `json:"kind"`
		Service    string         `json:"service_name"`
		Status     string         `json:"status"`
		Message    string         `json:"status_message,omitempty"`
		Duration   float64        `json:"duration_ms"`
		Start      int64          `json:"start_time_unix_nano"`
		End        int64          `json:"end_time_unix_nano"`
		Attributes map[string]any `json:"attributes,omitempty"`
		Resource   map[string]any `json:"resource,omitempty"`
		Events     []any          `json:"events,omitempty"`
		Links      []any          `json:"links,omitempty"`
		Other      map[string]any `json:"other,omitempty"`
	}{
		s.TraceID.String(), s.ID.String(), "", s.Name, s.Kind, s.Service, s.Status, s.Message,
		float64(s.Duration()) / 1e6, nano(s.Start), nano(s.End), s.Attributes, s.Resource, s.Events, s.Links, s.Other,
	}
	if s.Parent.IsValid() {
		o.Parent = s.Parent.String()
	}
	encoder := json.NewEncoder(p.w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(o)
}

func nano(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// flush writes what is buffered.
func (p *printer) flush() error { return p.w.Flush() }
