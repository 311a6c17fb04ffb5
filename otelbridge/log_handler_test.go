package otelbridge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"testing"
	"testing/slogtest"

	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/otelbridge"
)

func inSpan() context.Context {
	return trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{15: 1}, SpanID: trace.SpanID{7: 2},
	}))
}

func TestLogHandlerKeepsTheRulesOfSlog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		out.Reset()
		return &otelbridge.LogHandler{Handler: slog.NewJSONHandler(&out, nil)}
	}, func(t *testing.T) map[string]any {
		t.Helper()
		m := map[string]any{}
		if err := json.Unmarshal(out.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		return m
	})
}

func TestLogHandlerAddsTheIDsAtTheTop(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	plain := slog.NewJSONHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	const ids = `"trace_id":"00000000000000000000000000000001","span_id":"0000000000000002"`
	log := slog.New(&otelbridge.LogHandler{Handler: plain})
	for _, tt := range []struct {
		log  *slog.Logger
		ctx  context.Context
		want string
	}{
		{log, inSpan(), `{"level":"INFO","msg":"m","k":"v",` + ids + `}`},
		{log, context.Background(), `{"level":"INFO","msg":"m","k":"v"}`},
		{log.With("a", 1), inSpan(), `{"level":"INFO","msg":"m","a":1,"k":"v",` + ids + `}`},
		{log.WithGroup("g").With("a", 1), inSpan(), `{"level":"INFO","msg":"m",` + ids + `,"g":{"a":1,"k":"v"}}`},
		{log.WithGroup("g").WithGroup("h"), context.Background(), `{"level":"INFO","msg":"m","g":{"h":{"k":"v"}}}`},
		{
			slog.New(&otelbridge.LogHandler{Handler: plain, TraceKey: "t", SpanKey: "s"}), inSpan(),
			`{"level":"INFO","msg":"m","k":"v","t":"00000000000000000000000000000001","s":"0000000000000002"}`,
		},
	} {
		out.Reset()
		tt.log.InfoContext(tt.ctx, "m", "k", "v")
		if got := out.String(); got != tt.want+"\n" {
			t.Errorf("logged %s, want %s", got, tt.want)
		}
	}
}

func ExampleLogHandler() {
	text := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	log := slog.New(&otelbridge.LogHandler{Handler: text})
	log.InfoContext(inSpan(), "paid", "order", 7)
	// Output: level=INFO msg=paid order=7 trace_id=00000000000000000000000000000001 span_id=0000000000000002
}
