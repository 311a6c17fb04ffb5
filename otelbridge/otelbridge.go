package otelbridge

import (
	"context"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge/bridge"
)

// Bridge holds everything that one configuration describes. See [bridge.Bridge].
type Bridge = bridge.Bridge

// Option is what a developer sets in code; what a user sets is in the configuration.
type Option = bridge.Option

type (
	// Stats is what [Bridge.Stats] returns.
	Stats = bridge.Stats
	// ReloadResult says how the newest [Bridge.Reload] went.
	ReloadResult = bridge.ReloadResult
	// Explanation says what one connection does with a span and why; see [Bridge.Explain].
	Explanation = bridge.Explanation
	// LossError is what [Bridge.ForceFlush] and [Bridge.Shutdown] return, perhaps joined with
	// other errors, when spans were lost and no call has told so yet.
	LossError = bridge.LossError
	// Loss is how many spans of a connection were lost, and how.
	Loss = bridge.Loss
)

// Open is [New] with the configuration in the file at path. See [bridge.Open].
func Open(ctx context.Context, path string, opts ...Option) (*Bridge, error) {
	return bridge.Open(ctx, path, everything(opts)...)
}

// New builds everything that cfg describes and starts it. See [bridge.New].
func New(ctx context.Context, cfg config.Config, opts ...Option) (*Bridge, error) {
	return bridge.New(ctx, cfg, everything(opts)...)
}

// Check reports everything that is wrong with cfg whatever the machine, without starting anything.
// See [bridge.Check].
func Check(cfg config.Config, opts ...Option) error { return bridge.Check(cfg, everything(opts)...) }

// CheckHere reports everything that [New] would refuse on this machine, without starting anything.
// See [bridge.CheckHere].
func CheckHere(cfg config.Config, opts ...Option) error {
	return bridge.CheckHere(cfg, everything(opts)...)
}
