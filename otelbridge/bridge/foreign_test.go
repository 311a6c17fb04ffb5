package bridge_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
)

// handler is a log handler that does something before every line.
type handler struct {
	slog.Handler
	do func()
}

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	h.do()
	return h.Handler.Handle(ctx, r)
}

func (h handler) WithAttrs([]slog.Attr) slog.Handler { return h }

// chatty logs in each export.
type chatty struct {
	*memory.Exporter
	log *slog.Logger
}

func (c chatty) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	c.log.Warn("exporting")
	return c.Exporter.ExportSpans(ctx, spans)
}

func newChatty(t *testing.T, do func()) (*otelbridge.Bridge, *memory.Exporter) {
	t.Helper()
	kept := memory.New()
	log := slog.New(handler{slog.NewTextHandler(io.Discard, nil), do})
	b, err := otelbridge.New(t.Context(), parse(t, "[trace]\ndriver = \"chatty\"\n"), otelbridge.WithLogger(log),
		otelbridge.WithDriver("chatty", func(_ context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
			return chatty{kept, s.Logger}, nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	return b, kept
}

func TestALoggerThatPanicsHarmsNobody(t *testing.T) {
	t.Parallel()
	b, kept := newChatty(t, func() { panic("no line today") }) //nolint:forbidigo // this is what it is for
	_, span := b.TracerProvider().Tracer("test").Start(t.Context(), "s")
	span.End()
	if err := b.Reload(t.Context(), parse(t, "[trace]\ndriver = \"chatty\"\nsample = 0.5\n")); err != nil {
		t.Error(err)
	}
	if err := b.Reload(t.Context(), parse(t, "[trace]\ndriver = \"unknown\"\n")); err == nil {
		t.Error("a bad configuration was taken")
	}
	if r := b.Stats().LastReload; r == nil || r.Count != 2 || r.OK {
		t.Errorf("the result of the second reload is %+v", r)
	}
	if err := b.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if kept.Len() != 1 {
		t.Errorf("%d spans were exported, want 1", kept.Len())
	}
}

func TestALoggerThatHangsKeepsNoSpanFromItsDestination(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		defer close(hang)
		b, kept := newChatty(t, func() { <-hang })
		_, span := b.TracerProvider().Tracer("test").Start(t.Context(), "s")
		span.End()
		go func() { _ = b.Reload(t.Context(), parse(t, "[trace]\ndriver = \"chatty\"\nsample = 0.5\n")) }()
		synctest.Wait()
		if r := b.Stats().LastReload; r == nil || !r.OK {
			t.Errorf("the result of the reload is %+v: its line hangs, but it is in force", r)
		}
		if err := b.Shutdown(t.Context()); err != nil { // it has no deadline
			t.Error(err)
		}
		if kept.Len() != 1 {
			t.Errorf("%d spans were exported, want 1", kept.Len())
		}
	})
}

// own is a span processor of the application's.
type own struct {
	tetchy
	do func() error
}

func (o own) ForceFlush(context.Context) error { return o.do() }
func (o own) Shutdown(context.Context) error   { return o.do() }

func TestTheApplicationsOwnProcessorsAreWaitedForNoLongerThanTheContext(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do   func(hang <-chan struct{}) error
		want string
	}{
		"fine":  {func(<-chan struct{}) error { return nil }, ""},
		"error": {func(<-chan struct{}) error { return errors.New("disk full") }, "the application's own span processors: disk full"},
		"panic": {func(<-chan struct{}) error { panic("no") }, "the application's own span processors: one of them panicked: no"}, //nolint:forbidigo // this is what it is for
		"hang":  {func(hang <-chan struct{}) error { <-hang; return nil }, "the application's own span processors: context deadline exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				hang := make(chan struct{})
				defer close(hang)
				b, kept := newBridge(t, "[trace]\ndriver = \"kept\"\ntimeout = \"1h\"\n",
					otelbridge.WithTracerProviderOptions(sdktrace.WithSpanProcessor(own{do: func() error { return c.do(hang) }})))
				for i, do := range []func(context.Context) error{b.ForceFlush, b.Shutdown} {
					_, span := b.TracerProvider().Tracer("test").Start(t.Context(), "ours")
					span.End()
					ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
					err := do(ctx)
					cancel()
					if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
						t.Errorf("call %d returned %v, want %q", i, err, c.want)
					}
					if kept.Len() != i+1 {
						t.Errorf("call %d: %d spans were exported, want %d", i, kept.Len(), i+1)
					}
				}
			})
		})
	}
}
