package bridge

import (
	"context"

	"go.opentelemetry.io/otel/propagation"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/internal/digest"
	"github.com/tracehook/tracehook/otelbridge/propagators"
	"github.com/tracehook/tracehook/sampler"
)

// wire returns what the head believes of other services and writes for them.
func (c *checker) wire() sampler.Wire {
	o := c.cfg.OTel
	w := sampler.Wire{MaxWeight: o.MaxWeight, UnknownWithoutTh: o.ParentWithoutTh == "unknown"}
	var err error
	if w.Weights, err = sampler.ParseWeights(o.Weights); err != nil {
		c.problems = append(c.problems, c.cfg.NewProblem("otel.weights", err.Error()))
	}
	if w.Edge, err = sampler.ParseEdge(o.Edge); err != nil {
		c.problems = append(c.problems, c.cfg.NewProblem("otel.edge", err.Error()))
	}
	return w
}

// needsRestart reports whether a and b differ in what the SDK holds for good.
func needsRestart(a, b config.OTel) bool {
	for _, o := range []*config.OTel{&a, &b} {
		o.Weights, o.MaxWeight, o.ParentWithoutTh, o.Edge, o.EdgeBaggage, o.BaggageAttributes, o.Redact = "", 0, "", "", nil, nil, nil
		o.RequireTLS = false
	}
	type plain config.OTel // without the methods that leave secrets out
	return digest.Of(plain(a)) != digest.Of(plain(b))
}

// edgePropagator removes from the context of a request what an edge doesn't let through. It follows
// reloads.
type edgePropagator struct {
	propagation.TextMapPropagator
	now func() (edge sampler.Edge, baggage []string)
}

func (p edgePropagator) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	edge, members := p.now()
	if edge == sampler.EdgeContinue {
		return p.TextMapPropagator.Extract(ctx, carrier)
	}
	return propagators.Edge{Propagator: p.TextMapPropagator, Ignore: edge == sampler.EdgeIgnore, Baggage: members}.Extract(ctx, carrier)
}
