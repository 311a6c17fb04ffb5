package entry

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/internal/clip"
)

// retry is a result with the framework's status for what has to be tried again.
type retry struct{ error }

// Retry returns err as a result of the status "retry": a job that failed and will be delivered again.
// It is nil if err is.
func Retry(err error) error {
	if err == nil {
		return nil
	}
	return retry{err}
}

func (retry) OK() bool        { return false }
func (retry) Code() int       { return 2 }
func (retry) Status() string  { return "retry" }
func (r retry) Unwrap() error { return r.error }

// aborted is the result of a handler that panics with [http.ErrAbortHandler].
var errAborted = errors.New("the handler aborted the response")

const longestText = 1024

// endInPanic ends the span of ctx for a panic with v, or for the end of the goroutine if v is nil.
func endInPanic(ctx context.Context, span tracehook.TraceSpan, v any) {
	switch {
	case v == nil:
		span.End(errors.New("the goroutine ended"))
	case isAbort(v):
		span.End(errAborted)
	default:
		text := clip.Head(fmt.Sprint(v), longestText)
		trace.SpanFromContext(ctx).AddEvent(semconv.ExceptionEventName, trace.WithAttributes(
			semconv.ExceptionType(fmt.Sprintf("%T", v)), semconv.ExceptionMessage(text)))
		span.End(errors.New(panicText(v)))
	}
}

func isAbort(v any) bool {
	err, ok := v.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}

// errorType returns the attribute error.type of a panic.
func errorType(v any) attribute.KeyValue {
	if isAbort(v) {
		return semconv.ErrorTypeKey.String("aborted")
	}
	return semconv.ErrorTypeKey.String(fmt.Sprintf("%T", v))
}

// panicText is the text of the status for a panic with v.
func panicText(v any) string { return "panic: " + clip.Head(fmt.Sprint(v), longestText) }
