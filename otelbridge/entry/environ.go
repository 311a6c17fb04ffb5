package entry

import (
	"context"
	"os"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/propagation"
)

// Environ is a list of variables, "KEY=value", as a carrier: TRACEPARENT, TRACESTATE, BAGGAGE and so
// on, as OpenTelemetry's specification has them.
type Environ []string

var _ propagation.TextMapCarrier = (*Environ)(nil)

// variable returns the name of the variable for the name of a header.
func variable(header string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		default:
			return '_'
		}
	}, header)
}

// Get returns the value of the variable for key. As in a process, the last one of a name counts.
func (e *Environ) Get(key string) string {
	prefix := variable(key) + "="
	for _, v := range slices.Backward(*e) {
		if value, ok := strings.CutPrefix(v, prefix); ok {
			return value
		}
	}
	return ""
}

// Set sets the variable for key, in place of those of that name.
func (e *Environ) Set(key, value string) {
	prefix := variable(key) + "="
	*e = append(slices.DeleteFunc(*e, func(v string) bool { return strings.HasPrefix(v, prefix) }), prefix+value)
}

// Keys returns the names of all variables.
func (e *Environ) Keys() []string {
	keys := make([]string, 0, len(*e))
	for _, v := range *e {
		key, _, _ := strings.Cut(v, "=")
		keys = append(keys, key)
	}
	return keys
}

// ChildEnviron returns the variables for a child process below the span of ctx: env, in which nil stands
// for those of this process, and what the propagator writes. Those that this process itself was given
// don't go on. env stays unchanged.
func (t *Tracer) ChildEnviron(ctx context.Context, env []string) []string {
	if env == nil {
		env = os.Environ()
	}
	e := Environ(slices.Clone(env))
	for _, field := range t.propagator().Fields() {
		prefix := variable(field) + "="
		e = slices.DeleteFunc(e, func(v string) bool { return strings.HasPrefix(v, prefix) })
	}
	t.propagator().Inject(ctx, &e)
	return e
}

// FromEnviron returns ctx with the parent and the baggage that the parent process has put into env, in
// which nil stands for the variables of this process.
func (t *Tracer) FromEnviron(ctx context.Context, env []string) context.Context {
	if env == nil {
		env = os.Environ()
	}
	e := Environ(env)
	ctx, _ = t.extract(ctx, &e, false)
	return ctx
}
