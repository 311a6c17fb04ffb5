package main

import (
	"net/http"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// traced gives each request a span. It stands for whatever instruments an HTTP server, such as
// otelhttp, whose spans reach the connections the same way: through otel's globals.
func traced(next *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := otel.GetTextMapPropagator().Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		_, route := next.Handler(r)
		ctx, span := otel.Tracer("http").Start(ctx, route, trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// transport gives each request that is sent a span, and puts it into the request's headers.
type transport struct{}

func (transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, span := otel.Tracer("http").Start(r.Context(), "HTTP "+r.Method, trace.WithSpanKind(trace.SpanKindClient))
	defer span.End()
	r = r.Clone(ctx)
	otel.GetTextMapPropagator().Inject(ctx, propagation.HeaderCarrier(r.Header))
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	return resp, err
}
