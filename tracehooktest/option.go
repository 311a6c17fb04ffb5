package tracehooktest

import (
	"time"

	"github.com/tracehook/tracehook/otelbridge/bridge"
)

// DefaultPatience is how long a Bridge waits for spans if it isn't told.
const DefaultPatience = 10 * time.Second

// Option changes what [New] makes.
type Option func(*Bridge)

// WithoutOpenSpans makes the test fail if spans that were begun are still open at its end, and
// names them.
func WithoutOpenSpans() Option { return func(b *Bridge) { b.checkOpen = true } }

// WithMasked shows the values of attributes with these keys as "*" in trees, because they differ
// from run to run.
func WithMasked(keys ...string) Option {
	return func(b *Bridge) { b.masked = append(b.masked, keys...) }
}

// WithSiblingsByName sorts the children of a span by their names in trees, and children with equal
// names by their attributes. Without it they have the order in which they started, which isn't fixed
// for those that run at the same time.
func WithSiblingsByName() Option { return func(b *Bridge) { b.byName = true } }

// WithPatience sets how long [Bridge.Wait] and [Bridge.WaitFor] wait, before they fail the test. The
// default is [DefaultPatience]; values below 1 select it.
func WithPatience(d time.Duration) Option {
	return func(b *Bridge) {
		if d > 0 {
			b.patience = d
		}
	}
}

// WithBridge passes options to the Bridge that is tested with, such as a redactor or an id generator.
func WithBridge(opts ...bridge.Option) Option {
	return func(b *Bridge) { b.options = append(b.options, opts...) }
}
