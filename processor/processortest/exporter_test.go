package processortest_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/processor/processortest"
)

func batch(n uint64) []sdktrace.ReadOnlySpan {
	var out []sdktrace.ReadOnlySpan
	for i := range n {
		out = append(out, processortest.Span(i+1))
	}
	return out
}

func TestExporterFollowsItsScript(t *testing.T) {
	t.Parallel()
	e := processortest.New(
		processortest.Step{Err: errors.New("no")},
		processortest.Step{Partial: &processortest.Partial{Exported: 2, Failed: 1}},
		processortest.Step{Panic: "help"}).Retain()
	if err := e.ExportSpans(t.Context(), batch(4)); err == nil || err.Error() != "no" {
		t.Errorf("the first call returned %v", err)
	}
	var part *processortest.Partial
	if err := e.ExportSpans(t.Context(), batch(4)); !errors.As(err, &part) || *part != (processortest.Partial{Exported: 2, Failed: 1, Spooled: 1}) {
		t.Errorf("the second call returned %v", err)
	}
	func() {
		defer func() {
			if recover() != "help" {
				t.Error("the third call did not panic")
			}
		}()
		_ = e.ExportSpans(t.Context(), batch(4))
	}()
	if err := e.ExportSpans(t.Context(), batch(4)); err != nil {
		t.Errorf("the fourth call returned %v", err)
	}
	if got := len(e.Exported()); got != 6 || e.Begun() != 4 || e.Busy() != 0 || len(e.Retained()) != 4 {
		t.Errorf("%d exported, %d begun, %d busy, %d retained; want 6, 4, 0, 4", got, e.Begun(), e.Busy(), len(e.Retained()))
	}
}

func TestExporterHeedsItsContextUnlessDeaf(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		e := processortest.New(
			processortest.Step{Delay: time.Hour},
			processortest.Step{Hang: hang},
			processortest.Step{Delay: time.Minute, Deaf: true})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for range 2 {
			if err := e.ExportSpans(ctx, batch(1)); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		}
		start := time.Now()
		if err := e.ExportSpans(ctx, batch(1)); err != nil || time.Since(start) != time.Minute {
			t.Errorf("the deaf one returned %v after %s", err, time.Since(start))
		}
	})
}

func TestExporterNoticesMisuse(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	e := processortest.New(processortest.Step{Hang: hang}).OnShutdown(processortest.Step{Err: errors.New("no")})
	done := make(chan error, 1)
	go func() { done <- e.ExportSpans(t.Context(), batch(1)) }()
	for e.Busy() == 0 {
		runtime.Gosched()
	}
	_ = e.ExportSpans(t.Context(), batch(1)) // beside a call
	if err := e.Shutdown(t.Context()); err == nil {
		t.Error("Shutdown forgot its step")
	}
	close(hang)
	if err := <-done; err != nil {
		t.Error(err)
	}
	_ = e.ExportSpans(t.Context(), batch(1)) // after Shutdown
	if e.Misuse() != 3 {
		t.Errorf("%d misuses, want 3", e.Misuse())
	}
}
