package bridge

import (
	"slices"

	"github.com/tracehook/tracehook/config"
)

// behindNote warns of what may stand behind a connection. Nothing here can detect it.
const behindNote = "spans are sampled and say so in ot=th, so that a Collector behind this connection may sample further only by " +
	"probabilistic_sampler in the modes proportional and equalizing: hash_seed, its default, drops them, unless weights = \"never\"; see docs/sampling.md"

// sampledOTLP reports whether a connection sends sampled spans with their weights to an OTLP destination.
func sampledOTLP(c config.Connection) bool {
	if c.Driver != "otlp" && c.Driver != "otlptracehttp" || c.Weights == "never" {
		return false
	}
	return c.Sample.Rate < 1 || slices.ContainsFunc(c.Sample.Rules, func(r config.Rule) bool { return r.Sample < 1 })
}
