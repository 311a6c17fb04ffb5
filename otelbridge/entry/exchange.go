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
	"github.com/tracehook/tracehook/internal/vocab"
)

// exchange is one request and its response.
type exchange struct {
	m        *Middleware
	request  *http.Request // as the handler gets it
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
	e := Entry{Kind: x.m.kind(), Key: x.m.key(r), Carrier: propagation.HeaderCarrier(r.Header), Attrs: requestAttrs(r)}
	ctx, own := x.m.Tracer.Begin(r.Context(), e)
	x.own, x.span = own, trace.SpanFromContext(ctx)
	if c, ok := ctx.(*carried); ok {
		x.meta, c.look = c.meta, x.look
	}
	x.request = r.WithContext(ctx)
}

// enter goes on below the span of other instrumentation.
func (x *exchange) enter(r *http.Request) {
	x.meta = tracehook.NewMeta().WithContext(r.Context())
	x.meta.TraceKind(x.m.kind())
	x.meta.TraceEntry(x.m.key(r))
	x.request = r.WithContext(&carried{r.Context(), x.meta, x.look}) //nolint:contextcheck // it is below that of r
	if named, ok := x.span.(interface{ Name() string }); ok {
		x.alike = strings.HasPrefix(named.Name(), x.m.kind()+":")
	}
	if x.span.IsRecording() {
		x.span.SetAttributes(vocab.Kind.String(x.m.kind()), semconv.URLPath(r.URL.Path))
		if x.m.Tracer.Service != "" {
			x.span.SetAttributes(vocab.Service.String(x.m.Tracer.Service))
		}
	}
}

// look completes the span as soon as the handler asks for its place in the trace.
func (x *exchange) look() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.routed(x.request)
}

// target sets what the request is about, for the span and for those below it.
func (x *exchange) target(key string) {
	x.span.SetAttributes(vocab.Target.String(key))
	if x.meta.TraceEntry() == unknown {
		x.meta.TraceEntry(key)
	}
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
	x.mu.Lock()
	x.routed(x.request)
	x.mu.Unlock()
	if x.own == nil {
		return
	}
	if x.status == 0 && !x.hijacked {
		x.status = http.StatusOK
	}
	if x.span.IsRecording() && x.status != 0 {
		x.span.SetAttributes(semconv.HTTPResponseStatusCode(x.status))
	}
	if x.status < http.StatusInternalServerError {
		x.own.End()
		return
	}
	code := strconv.Itoa(x.status)
	x.span.SetAttributes(semconv.ErrorTypeKey.String(code))
	x.own.End(errors.New("http status " + code))
}

// handBack gives what handlers have found out to those who have the request as it came: net/http, which
// removes the files of a form, and other middleware, which reads the pattern. Instrumentation above
// that names its span by the pattern gets it only if it names as we do.
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
	x.mu.Lock()
	x.routed(x.request)
	x.mu.Unlock()
	if x.span.IsRecording() && v != nil {
		x.span.SetAttributes(errorType(v))
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
