package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// draw prints each trace as a tree.
func draw(out io.Writer, spans []sdktrace.ReadOnlySpan) error {
	slices.SortFunc(spans, func(a, b sdktrace.ReadOnlySpan) int { return a.StartTime().Compare(b.StartTime()) })
	below := map[trace.SpanID][]sdktrace.ReadOnlySpan{}
	for _, s := range spans {
		below[s.Parent().SpanID()] = append(below[s.Parent().SpanID()], s)
	}
	var text strings.Builder
	var branch func(parent trace.SpanID, depth int)
	branch = func(parent trace.SpanID, depth int) {
		for _, s := range below[parent] {
			fmt.Fprintf(&text, "%s%s\n", strings.Repeat("  ", depth), line(s))
			branch(s.SpanContext().SpanID(), depth+1)
		}
	}
	branch(trace.SpanID{}, 0)
	_, err := io.WriteString(out, text.String())
	return err
}

func line(s sdktrace.ReadOnlySpan) string {
	service, _ := s.Resource().Set().Value("service.name")
	words := []string{service.AsString(), s.SpanKind().String(), s.Name()}
	if s.Status().Code == codes.Error {
		words = append(words, "ERROR")
	}
	for _, l := range s.Links() {
		words = append(words, "linked to", l.SpanContext.TraceID().String())
	}
	return strings.Join(words, " ")
}
