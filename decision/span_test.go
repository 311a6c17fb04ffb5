package decision_test

import (
	"context"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
)

func TestRead(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	sc := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: id(), SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled, TraceState: parse(t, "ot=th:4"),
	})
	exceptions := []sdktrace.Event{{Name: "retry"}, {Name: "exception"}}
	for _, tc := range []struct {
		name     string
		stub     tracetest.SpanStub
		duration time.Duration
		failed   bool
	}{
		{"ok", tracetest.SpanStub{EndTime: start.Add(time.Second), Status: sdktrace.Status{Code: codes.Ok}}, time.Second, false},
		{"error", tracetest.SpanStub{EndTime: start.Add(time.Second), Status: sdktrace.Status{Code: codes.Error}}, time.Second, true},
		{"a panic that passed by", tracetest.SpanStub{EndTime: start, Events: exceptions}, 0, true},
		{"a panic that somebody has dealt with", tracetest.SpanStub{EndTime: start, Status: sdktrace.Status{Code: codes.Ok}, Events: exceptions}, 0, false},
		{"another event", tracetest.SpanStub{EndTime: start, Events: []sdktrace.Event{{Name: "retry"}}}, 0, false},
		{"a clock that was set back", tracetest.SpanStub{EndTime: start.Add(-time.Second)}, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.stub.Name, tc.stub.SpanContext, tc.stub.StartTime = tc.name, sc, start
			ended := tc.stub.Snapshot()
			got := decision.Read(ended)
			var again decision.Span
			if new(decision.Reader).Read(&again, ended); again.Error != got.Error {
				t.Errorf("a Reader says error %v", again.Error)
			}
			if got.Duration != tc.duration || got.Error != tc.failed {
				t.Errorf("duration %v, error %v, want %v, %v", got.Duration, got.Error, tc.duration, tc.failed)
			}
			if got.Ended.Name() != ended.Name() || !got.Context.Equal(sc) || got.State.Threshold.String() != "4" {
				t.Errorf("span, context or state is not the span's own: %+v", got)
			}
		})
	}
}

func TestExportContext(t *testing.T) {
	t.Parallel()
	if decision.IsExport(t.Context()) {
		t.Error("a plain context counts as an export")
	}
	ctx, cancel := context.WithCancel(decision.ExportContext(t.Context()))
	defer cancel()
	if !decision.IsExport(ctx) {
		t.Error("a context below a marked one doesn't count as an export")
	}
}

func TestReasonString(t *testing.T) {
	t.Parallel()
	for reason, want := range map[decision.Reason]string{
		decision.ByRate: "rate", decision.ByRule: "rule", decision.ByError: "error", decision.BySlow: "slow",
		decision.ByParent: "parent", decision.ByLimit: "limit", decision.ByLoad: "load", 99: "unknown",
	} {
		if got := reason.String(); got != want {
			t.Errorf("reason %d is called %q, want %q", reason, got, want)
		}
	}
}
