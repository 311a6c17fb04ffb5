package entry

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
)

// exchange is one request and its response.
type exchange struct {
	m        *Middleware
	rooms    *rooms
	request  *http.Request // as the handler gets it
	below    carried       // its context
	span     trace.Span
	own      tracehook.TraceSpan // nil below other instrumentation
	meta     *tracehook.Meta
	status   int // 0 as long as there is none
	hijacked bool
	returned bool
	alike    bool // the instrumentation above names spans as we do

	mu    sync.Mutex // for found: handlers call MetaFrom from any goroutine
	found bool
}

// begin begins the span of a request.
func (x *exchange) begin(r *http.Request) {
	t, key := &x.m.Tracer, x.m.key(r)
	ctx, caller := t.extract(r.Context(), propagation.HeaderCarrier(r.Header), false)
	x.meta = tracehook.NewMeta().WithContext(ctx)
	x.own = t.beginOn(x.meta, x.m.kind()+":"+key, x.requestAttrs(r, key))
	ctx = x.meta.Context()
	x.span = trace.SpanFromContext(ctx) //nolint:contextcheck // it is below that of r
	if caller.IsValid() {
		x.span.AddLink(trace.Link{SpanContext: caller})
	}
	x.below = carried{ctx, x.meta, x}
	x.request = r.WithContext(&x.below) //nolint:contextcheck // the same
}

// enter goes on below the span of other instrumentation.
func (x *exchange) enter(r *http.Request) {
	x.meta = tracehook.NewMeta().WithContext(r.Context())
	x.meta.TraceKind(x.m.kind())
	x.meta.TraceEntry(x.m.key(r))
	x.below = carried{r.Context(), x.meta, x}
	x.request = r.WithContext(&x.below) //nolint:contextcheck // it is below that of r
	if named, ok := x.span.(interface{ Name() string }); ok {
		x.alike = strings.HasPrefix(named.Name(), x.m.kind()+":")
	}
}

// look completes the span as soon as the handler asks for its place in the trace.
func (x *exchange) look() {
	room := x.rooms.get()
	if attrs := x.routed(room[:0]); len(attrs) > 0 {
		x.span.SetAttributes(attrs...)
	}
	x.rooms.put(room)
}

// finish is deferred: the handler of r has returned, or panics.
func (x *exchange) finish(r *http.Request) {
	x.handBack(r)
	if !x.returned {
		v := recover()
		x.panicked(v)
		if v != nil { // else the goroutine ends
			panic(v) //nolint:forbidigo // the handler's own panic goes on
		}
		return
	}
	if x.own == nil {
		x.look()
		return
	}
	if x.status == 0 && !x.hijacked {
		x.status = http.StatusOK
	}
	if x.span.IsRecording() {
		x.setResult()
	}
	if x.status < http.StatusInternalServerError {
		x.own.End()
		return
	}
	x.own.End(errors.New("http status " + strconv.Itoa(x.status)))
}

// setResult sets what is known at the end, at once: a span copies what it has for each call.
func (x *exchange) setResult() {
	room := x.rooms.get()
	attrs := x.laterAttrs(x.routed(room[:0]))
	if x.status != 0 {
		attrs = append(attrs, semconv.HTTPResponseStatusCode(x.status))
	}
	if x.status >= http.StatusInternalServerError {
		attrs = append(attrs, semconv.ErrorTypeKey.String(strconv.Itoa(x.status)))
	}
	x.span.SetAttributes(attrs...)
	x.rooms.put(room)
}

// handBack copies what handlers have set on their request to the original one. From it, net/http removes
// the files of a form, and other middleware reads the pattern. Instrumentation above that names its span by
// the pattern gets it only if it names as we do.
func (x *exchange) handBack(r *http.Request) {
	if x.request.MultipartForm != nil {
		r.MultipartForm = x.request.MultipartForm
	}
	if x.own != nil || x.alike {
		r.Pattern = x.request.Pattern
	}
}

// panicked ends the span for a panic of the handler.
func (x *exchange) panicked(v any) {
	x.look()
	if x.span.IsRecording() && v != nil {
		x.span.SetAttributes(errorType(v))
	}
	if x.span.IsRecording() && x.own != nil {
		x.span.SetAttributes(x.laterAttrs(nil)...)
	}
	switch {
	case x.own != nil:
		endInPanic(x.request.Context(), x.own, v)
	case isAbort(v):
		x.span.SetStatus(codes.Error, errAborted.Error())
	case v != nil: // the instrumentation above records it as an event
		x.span.SetStatus(codes.Error, panicText(v))
	}
}
