// Package inbound has what a request says about its trace beside the span context of its caller, as
// values of a context. Propagators write it; the head sampler and the helpers for entries read it.
package inbound

import (
	"context"

	"go.opentelemetry.io/otel/trace"
)

// Wish is what a caller asks for about sampling that a span context can't say.
type Wish uint8

const (
	// None is no wish: the flag of the span context counts.
	None Wish = iota
	// Debug asks to keep the whole trace.
	Debug
	// Deferred leaves the decision to whoever gets the request.
	Deferred
)

type (
	wishKey   struct{}
	callerKey struct{}
)

// WithWish returns ctx with w.
func WithWish(ctx context.Context, w Wish) context.Context {
	return context.WithValue(ctx, wishKey{}, w)
}

// WishOf returns the wish that ctx holds.
func WishOf(ctx context.Context) Wish {
	if ctx == nil {
		return None
	}
	w, _ := ctx.Value(wishKey{}).(Wish)
	return w
}

// WithCaller says that caller has sent the request of ctx, though it is no parent.
func WithCaller(ctx context.Context, caller trace.SpanContext) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

// CallerOf returns the caller that ctx holds; false without one.
func CallerOf(ctx context.Context) (trace.SpanContext, bool) {
	if ctx == nil {
		return trace.SpanContext{}, false
	}
	caller, ok := ctx.Value(callerKey{}).(trace.SpanContext)
	return caller, ok && caller.IsValid()
}
