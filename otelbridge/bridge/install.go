package bridge

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/config"
)

// Install makes the Bridge what the process uses: otel's TracerProvider and propagator,
// and the hook behind [tracehook.Meta]. Nothing else in this module touches a global.
//
// A propagator that is installed already stays, unless the configuration names some. If
// [Bridge.SpanProcessor] was given to a TracerProvider of the application's own, the global one
// stays, too, since its exporters would get nothing any more, and the hook uses it.
func (b *Bridge) Install() {
	if b == nil {
		return
	}
	if b.foreign.lent.Load() {
		b.opts.logger.Warn("Bridge.Install leaves otel's global TracerProvider as it is, because Bridge.SpanProcessor was given to another one: " +
			"tracehook.Meta uses the global one")
		b.installPropagator()
		tracehook.Attach(b.HookFor(nil))
		return
	}
	b.installed.Store(true)
	otel.SetTracerProvider(b.TracerProvider()) //nolint:forbidigo // the application asks for it by this call
	b.installPropagator()
	tracehook.Attach(b.Hook())
}

func (b *Bridge) installPropagator() {
	if b.named() || !hasPropagator() {
		otel.SetTextMapPropagator(b.Propagator())
	}
}

// named reports whether the configuration says which propagators to use. Where it can't tell, since
// the configuration has no places, the default ones count as not named.
func (b *Bridge) named() bool {
	cfg := &b.first.cfg
	place := cfg.Place("otel.propagators")
	return place.File != "" || place.Line > 0 || !slices.Equal(cfg.OTel.Propagators, config.Default().OTel.Propagators)
}

// hasPropagator reports whether somebody has installed one.
func hasPropagator() bool { return len(otel.GetTextMapPropagator().Fields()) > 0 }

// inForce returns the propagator for hooks.
func (b *Bridge) inForce() propagation.TextMapPropagator {
	if b.named() {
		return b.propagator
	}
	return installedOr{b.propagator}
}

// installedOr is the propagator that is installed at the time of each call, or else another.
type installedOr struct{ propagation.TextMapPropagator }

func (p installedOr) now() propagation.TextMapPropagator {
	if hasPropagator() {
		return otel.GetTextMapPropagator()
	}
	return p.TextMapPropagator
}

func (p installedOr) Inject(ctx context.Context, c propagation.TextMapCarrier) {
	p.now().Inject(ctx, c)
}

func (p installedOr) Extract(ctx context.Context, c propagation.TextMapCarrier) context.Context {
	return p.now().Extract(ctx, c)
}

func (p installedOr) Fields() []string { return p.now().Fields() }
