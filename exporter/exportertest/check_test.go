package exportertest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter/exportertest"
)

// fake does what its functions say.
type fake struct {
	export   func(ctx context.Context, spans []sdktrace.ReadOnlySpan) error
	shutdown func(ctx context.Context) error
	log      any
	Shown    string
}

func (f *fake) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if f.export == nil {
		return nil
	}
	return f.export(ctx, spans)
}

func (f *fake) Shutdown(ctx context.Context) error {
	if f.shutdown == nil {
		return nil
	}
	return f.shutdown(ctx)
}

func (f *fake) MarshalLog() any { return f.log }

// once returns a function that works once and fails afterwards.
func once() func(context.Context) error {
	var mu sync.Mutex
	done := false
	return func(context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		if done {
			return errors.New("closed already")
		}
		done = true
		return nil
	}
}

func TestProblemsFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	var kept []sdktrace.ReadOnlySpan
	tests := []struct {
		name  string
		check string
		give  *fake
	}{
		{"an export that fails", "exports a batch", &fake{
			export: func(context.Context, []sdktrace.ReadOnlySpan) error { return errors.New("no") },
		}},
		{"an empty batch is refused", "takes an empty batch", &fake{
			export: func(_ context.Context, s []sdktrace.ReadOnlySpan) error {
				if len(s) == 0 {
					return errors.New("nothing to do")
				}
				return nil
			},
		}},
		{"an export after shutdown fails", "does nothing after shutdown", &fake{
			export: func(context.Context, []sdktrace.ReadOnlySpan) error { return errors.New("closed") },
		}},
		{"a second shutdown fails", "shuts down twice", &fake{shutdown: once()}},
		{"shutdown fails", "shuts down unused", &fake{
			shutdown: func(context.Context) error { return errors.New("no") },
		}},
		{"the context is not heeded", "returns when the context is done", &fake{
			export: func(context.Context, []sdktrace.ReadOnlySpan) error { select {} },
		}},
		{"the context's error is hidden", "returns when the context is done", &fake{
			export: func(context.Context, []sdktrace.ReadOnlySpan) error { return errors.New("something") },
		}},
		{"attributes are appended in place", "keeps neither the slice nor changes a span", &fake{
			export: func(_ context.Context, s []sdktrace.ReadOnlySpan) error {
				_ = append(s[0].Attributes(), attribute.String("rule", "x"))
				return nil
			},
		}},
		{"an attribute is changed", "keeps neither the slice nor changes a span", &fake{
			export: func(_ context.Context, s []sdktrace.ReadOnlySpan) error {
				s[0].Attributes()[0].Key = "changed"
				return nil
			},
		}},
		{"the slice is kept", "keeps neither the slice nor changes a span", &fake{
			export: func(_ context.Context, s []sdktrace.ReadOnlySpan) error {
				for _, span := range kept {
					_ = span.Name()
				}
				kept = s
				return nil
			},
		}},
		{"an export panics", "shutdown is ConcurrentSafe", &fake{
			export: func(_ context.Context, s []sdktrace.ReadOnlySpan) error { _ = s[len(s)+1]; return nil },
		}},
		{"a failure is not reported", "survives a failing destination", &fake{}},
		{"a failure is counted wrong", "survives a failing destination", &fake{
			export: func(context.Context, []sdktrace.ReadOnlySpan) error { return miscounted{} },
		}},
		{"an error shows the secret", "survives a failing destination", &fake{
			export: func(context.Context, []sdktrace.ReadOnlySpan) error { return fmt.Errorf("url %s", "hunter2") },
		}},
		{"the log shows the secret", "shows no secret", &fake{log: map[string]string{"header": "hunter2"}}},
		{"the fields show the secret", "shows no secret", &fake{Shown: "hunter2"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			fresh := func(testing.TB) sdktrace.SpanExporter { return test.give }
			subject := exportertest.Subject{
				New: fresh, Failing: fresh, Secrets: []string{"hunter2"}, Patience: 300 * time.Millisecond,
			}
			problems := exportertest.Problems(t, subject, test.check)
			if len(problems) == 0 {
				t.Errorf("the check %q found nothing wrong", test.check)
			}
		})
	}
}

type miscounted struct{}

func (miscounted) Error() string                               { return "lost some" }
func (miscounted) SpanResult() (exported, failed, spooled int) { return 1, 1, 1 }

func TestProblemsFindsNothingInAGoodExporter(t *testing.T) {
	t.Parallel()
	for _, name := range exportertest.Names() {
		good := func(testing.TB) sdktrace.SpanExporter { return &fake{} }
		failing := func(testing.TB) sdktrace.SpanExporter {
			return &fake{export: func(context.Context, []sdktrace.ReadOnlySpan) error { return errors.New("refused") }}
		}
		s := exportertest.Subject{New: good, Failing: failing, Secrets: []string{"hunter2"}}
		if problems := exportertest.Problems(t, s, name); len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

func TestProblemsCountsAtTheDestination(t *testing.T) {
	t.Parallel()
	s := exportertest.Subject{
		New:   func(testing.TB) sdktrace.SpanExporter { return &fake{} },
		Count: func(sdktrace.SpanExporter) int { return 1 },
	}
	for _, name := range []string{"exports a batch", "takes an empty batch", "does nothing after shutdown", "shuts down twice"} {
		if problems := exportertest.Problems(t, s, name); len(problems) == 0 {
			t.Errorf("%s: a destination with the wrong number of spans was not found", name)
		}
	}
	if problems := exportertest.Problems(t, s, "no such check"); len(problems) == 0 {
		t.Error("a check that doesn't exist found nothing wrong")
	}
}

func TestSpansAreFixed(t *testing.T) {
	t.Parallel()
	spans := exportertest.Spans()
	if got, want := spans[0].SpanContext().TraceID().String(), "4bf92f3577b34da6a3ce929d0e0e4736"; got != want {
		t.Errorf("trace id %s, want %s", got, want)
	}
	seen := map[string]bool{}
	for _, s := range append(spans, exportertest.Many(100)...) {
		id := s.SpanContext().TraceID().String() + s.SpanContext().SpanID().String()
		if seen[id] {
			t.Errorf("id %s comes twice", id)
		}
		seen[id] = true
		if s.EndTime().Before(s.StartTime()) {
			t.Errorf("span %q ends before it starts", s.Name())
		}
	}
}
