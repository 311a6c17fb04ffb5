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

// outcome is how a span went.
type outcome struct {
	word, text string
	code       int
	ok         bool
	framework  bool // word and code are a framework's own
}

// outcomeOf returns what the first result that isn't nil says; false if there is none.
func outcomeOf(results []any) (outcome, bool) {
	for _, r := range results {
		if isNil(r) {
			continue
		}
		if res, ok := r.(result); ok {
			if o, fine := guard(func() outcome { return outcomeOfResult(res) }); fine {
				return o, true
			}
			return outcome{word: tracehook.StatusError, text: "result of type " + typeName(r) + " panicked", code: 1}, true
		}
		return outcome{word: tracehook.StatusError, text: textOf(r), code: 1}, true
	}
	return outcome{}, false
}

func outcomeOfResult(r result) outcome {
	o := outcome{word: lower(clean(r.Status())), code: r.Code(), ok: r.OK(), framework: true}
	if o.word == "" && o.ok {
		o.word = tracehook.StatusOK
	} else if o.word == "" {
		o.word = tracehook.StatusFail
	}
	if !o.ok {
		o.text = shorten(clean(r.Error()))
		if o.code == 0 {
			o.code = 1
		}
	}
	return o
}

// set writes o to a span that began with what begun says, if anything.
func (o outcome) set(s trace.Span, begun *words) {
	if o.framework && (o.code != 0 || o.word != tracehook.StatusOK) || begun != nil {
		s.SetAttributes(attribute.String(vocab.Status, o.word), attribute.Int(vocab.Code, o.code))
		if begun != nil && begun.result != "" {
			s.SetAttributes(attribute.String(vocab.Result, o.text))
		}
	}
	if !o.ok {
		text := o.text
		if text == "" && o.framework {
			text = o.word
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
