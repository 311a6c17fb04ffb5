package otelbridge

import (
	"cmp"
	"context"
	"log/slog"
	"slices"

	"go.opentelemetry.io/otel/trace"
)

// LogHandler is a [slog.Handler] that adds the ids of the span in the context to each record, at the
// top of the record whatever groups are open, and gives it to Handler. A record without a span is
// given as it is. Fields aren't changed after first use.
type LogHandler struct {
	// Handler gets the records; it must not be nil.
	slog.Handler
	// TraceKey and SpanKey are the keys of the ids, which are hexadecimal digits; "" is "trace_id" and
	// "span_id", as OpenTelemetry has them for logs in other formats than its own.
	TraceKey, SpanKey string

	// later is what was done since the first open group, to be done behind the ids.
	later []func(slog.Handler) slog.Handler
}

// Handle adds the ids and calls the other handler.
func (h *LogHandler) Handle(ctx context.Context, r slog.Record) error {
	next := h.Handler
	if sc := trace.SpanContextFromContext(ctx); sc.IsValid() {
		ids := []slog.Attr{
			slog.String(cmp.Or(h.TraceKey, "trace_id"), sc.TraceID().String()),
			slog.String(cmp.Or(h.SpanKey, "span_id"), sc.SpanID().String()),
		}
		if len(h.later) == 0 {
			r = r.Clone()
			r.AddAttrs(ids...)
		} else {
			next = next.WithAttrs(ids)
		}
	}
	for _, do := range h.later {
		next = do(next)
	}
	return next.Handle(ctx, r)
}

// WithAttrs returns a handler whose records have further attributes.
func (h *LogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	if len(h.later) == 0 {
		return &LogHandler{Handler: h.Handler.WithAttrs(attrs), TraceKey: h.TraceKey, SpanKey: h.SpanKey}
	}
	return h.and(func(next slog.Handler) slog.Handler { return next.WithAttrs(attrs) })
}

// WithGroup returns a handler whose further attributes are in a group.
func (h *LogHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.and(func(next slog.Handler) slog.Handler { return next.WithGroup(name) })
}

func (h *LogHandler) and(do func(slog.Handler) slog.Handler) *LogHandler {
	c := *h
	c.later = append(slices.Clip(c.later), do)
	return &c
}
