package otelhook

import (
	"fmt"
	"reflect"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/internal/vocab"
)

// result is a framework's result. It is looked for before error, because such results
// are errors as well, also the good ones.
type result interface {
	OK() bool
	Code() int
	Status() string
	Error() string
}

// status is how a span went.
type status struct {
	word, text string
	code       int
	ok         bool
	framework  bool // word and code are a framework's own
}

// statusOf returns what the first result that isn't nil says; false if there is none.
func statusOf(results []any) (status, bool) {
	for _, r := range results {
		if err, ok := r.(*error); ok && err != nil {
			r = *err // defer span.End(&err)
		}
		if isNil(r) {
			continue
		}
		if res, ok := r.(result); ok {
			if st, fine := guard(func() status { return statusOfResult(res) }); fine {
				return st, true
			}
			return status{word: tracehook.StatusError, text: "result of type " + typeName(r) + " panicked", code: 1}, true
		}
		return status{word: tracehook.StatusError, text: textOf(r), code: 1}, true
	}
	return status{}, false
}

func statusOfResult(r result) status {
	st := status{word: lower(clean(r.Status())), code: r.Code(), ok: r.OK(), framework: true}
	if st.word == "" && st.ok {
		st.word = tracehook.StatusOK
	} else if st.word == "" {
		st.word = tracehook.StatusFail
	}
	if !st.ok {
		st.text = shorten(clean(r.Error()))
		if st.code == 0 {
			st.code = 1
		}
	}
	return st
}

// set writes st to a span that began with what begun says, if anything.
func (st status) set(s trace.Span, begun *words) {
	if st.framework && (st.code != 0 || st.word != tracehook.StatusOK) || begun != nil {
		s.SetAttributes(vocab.Status.String(st.word), vocab.Code.Int(st.code))
		if begun != nil && begun.result != "" {
			s.SetAttributes(vocab.Result.String(st.text))
		}
	}
	if !st.ok {
		text := st.text
		if text == "" && st.framework {
			text = st.word
		}
		setFailed(s, text)
	}
}

func setFailed(s trace.Span, text string) { s.SetStatus(codes.Error, text) }

// recordPanic makes s a failure with an exception event, as the SDK does where it can.
func recordPanic(s trace.Span, v any) {
	if !s.IsRecording() {
		return
	}
	text := textOf(v)
	s.AddEvent("exception", trace.WithAttributes(
		attribute.String("exception.type", typeName(v)),
		attribute.String("exception.message", text),
	))
	setFailed(s, "panic: "+text)
}

func typeName(v any) string { return fmt.Sprintf("%T", v) }

func isNil(v any) bool {
	switch v.(type) {
	case nil:
		return true
	case string, int, bool, float64:
		return false
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Chan, reflect.Func, reflect.Map, reflect.Pointer, reflect.Slice, reflect.UnsafePointer, reflect.Interface:
		return r.IsNil()
	default:
		return false
	}
}
