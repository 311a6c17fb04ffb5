package bridge

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/processor"
)

// started is the fanout as a provider has it: spans get members of baggage as attributes before
// anything else looks at them.
type started struct {
	*processor.Fanout
	members func() []string
}

func (s started) OnStart(ctx context.Context, span sdktrace.ReadWriteSpan) {
	if names := s.members(); len(names) > 0 {
		copyBaggage(ctx, span, names)
	}
	s.Fanout.OnStart(ctx, span)
}

// copyBaggage sets the named members of ctx's baggage, but where the span has such an attribute
// already.
func copyBaggage(ctx context.Context, span sdktrace.ReadWriteSpan, names []string) {
	bag := baggage.FromContext(ctx)
	if bag.Len() == 0 {
		return
	}
	var add []attribute.KeyValue
	for _, name := range names {
		if m := bag.Member(name); m.Key() != "" {
			add = append(add, attribute.String(name, m.Value()))
		}
	}
	if len(add) == 0 {
		return
	}
	own := span.Attributes()
	add = slices.DeleteFunc(add, func(a attribute.KeyValue) bool {
		return slices.ContainsFunc(own, func(o attribute.KeyValue) bool { return o.Key == a.Key })
	})
	span.SetAttributes(add...)
}

// baggageMembers returns the names that the configuration in force says.
func (b *Bridge) baggageMembers() []string { return b.state.Load().plan.cfg.OTel.BaggageAttributes }
