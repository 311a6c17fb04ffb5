package entry

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/internal/vocab"
)

// Middleware makes a span of each HTTP request. The zero Middleware is ready to use. Its fields aren't
// changed after first use; then it is safe for concurrent use.
//
// Below other instrumentation that has begun a server span already, such as otelhttp, it makes none: it
// renames that span and adds what it knows. It renames after the handler has returned, and so does
// otelhttp where it sits inside of a mux: give it [SpanName] as its formatter there.
//
// The span is an error for a status of 500 and above and for a panic, which goes on. What the handler
// does with the ResponseWriter (flush, hijack, upgrade, write twice) works as without the Middleware.
type Middleware struct {
	// Tracer says how spans are made.
	Tracer Tracer
	// Kind is tracehook.TraceKindHTTP, which "" stands for, or tracehook.TraceKindWeb.
	Kind string
	// Key returns the key of a request; "" is "unknown". It is called before the handler and after. nil is the
	// pattern that [http.ServeMux] has found, without method and host: "/users/{id}".
	Key func(*http.Request) string
	// TraceParent sets the header traceparent of each response to the request's span; ServerTiming sets
	// Server-Timing, from which pages can read it.
	TraceParent, ServerTiming bool
	// Respond, if not nil, sets further headers of a response; see [propagators.RequestID.Respond].
	Respond func(context.Context, propagation.TextMapCarrier)
}

// Handler returns a handler that makes a span of each request and has next handle it.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	reused := new(rooms)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := exchange{m: m, rooms: reused}
		if above := trace.SpanFromContext(r.Context()); isServer(above) {
			x.span = above
			x.enter(r)
		} else {
			x.begin(r)
			w = x.record(w)
		}
		m.respond(x.request.Context(), w.Header()) //nolint:contextcheck // it is below that of r
		defer x.finish(r)                          //nolint:contextcheck // the same
		next.ServeHTTP(w, x.request)
		x.returned = true
	})
}

// isServer reports whether span is one of this process that stands for a request: a server span, or
// one of which nothing is known since it isn't recorded.
func isServer(span trace.Span) bool {
	if sc := span.SpanContext(); !sc.IsValid() || sc.IsRemote() {
		return false
	}
	if s, ok := span.(interface{ SpanKind() trace.SpanKind }); ok {
		return s.SpanKind() == trace.SpanKindServer
	}
	return !span.IsRecording()
}

func (m *Middleware) kind() string {
	if m.Kind == "" {
		return tracehook.TraceKindHTTP
	}
	return m.Kind
}

func (m *Middleware) respond(ctx context.Context, h http.Header) {
	if m.TraceParent || m.ServerTiming {
		carrier := propagation.MapCarrier{}
		propagation.TraceContext{}.Inject(ctx, carrier)
		if tp := carrier["traceparent"]; tp != "" {
			if m.TraceParent {
				h.Set("Traceparent", tp)
			}
			if m.ServerTiming {
				h.Add("Server-Timing", `traceparent;desc="`+tp+`"`)
			}
		}
	}
	if m.Respond != nil {
		m.Respond(ctx, propagation.HeaderCarrier(h))
	}
}

// route returns the path of the pattern that a mux has found.
func route(r *http.Request) string {
	if at := strings.IndexByte(r.Pattern, '/'); at >= 0 {
		return r.Pattern[at:]
	}
	return ""
}

func (m *Middleware) key(r *http.Request) string {
	find := m.Key
	if find == nil {
		find = route
	}
	return cmp.Or(find(r), unknown)
}

// SpanName returns the name that a [Middleware] gives to the span of r. Other instrumentation takes it
// as its formatter: otelhttp.WithSpanNameFormatter(entry.SpanName).
func SpanName(_ string, r *http.Request) string {
	return tracehook.TraceKindHTTP + ":" + new(Middleware).key(r)
}

// routed names the span once a handler was found, and appends what is known then.
func (x *exchange) routed(attrs []attribute.KeyValue) []attribute.KeyValue {
	x.mu.Lock()
	defer x.mu.Unlock()
	r := x.request
	if x.found || !x.span.IsRecording() || r.Pattern == "" && x.m.Key == nil && !x.returned {
		return attrs
	}
	x.found = true
	kind, key := x.m.kind(), x.m.key(r)
	x.span.SetName(kind + ":" + key)
	attrs = append(attrs, vocab.Target.String(key))
	if path := route(r); path != "" {
		attrs = append(attrs, semconv.HTTPRoute(path))
	}
	if x.own == nil {
		attrs = append(attrs, vocab.Kind.String(kind))
		if service := x.m.Tracer.Service; service != "" {
			attrs = append(attrs, vocab.Service.String(service))
		}
	}
	if x.meta.TraceEntry() == unknown { // for spans below
		x.meta.TraceEntry(key)
	}
	return attrs
}
