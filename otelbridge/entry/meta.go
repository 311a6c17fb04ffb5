package entry

import (
	"context"

	"github.com/tracehook/tracehook"
)

type metaKey struct{}

// carried is the context below an entry.
type carried struct {
	context.Context
	meta *tracehook.Meta
	of   *exchange // is asked to complete its span with what is known by now; may be nil
}

func (c *carried) Value(key any) any {
	if _, ok := key.(metaKey); ok {
		return c
	}
	return c.Context.Value(key)
}

// MetaFrom returns the Meta that goes with ctx. In the context of an entry that is the entry's own; in
// one that was derived from it, a fork at the same place: spans begun on it have the span of ctx as
// parent. Without an entry it is a new one. It is never nil.
func MetaFrom(ctx context.Context) *tracehook.Meta {
	if ctx == nil {
		return tracehook.NewMeta()
	}
	c, ok := ctx.Value(metaKey{}).(*carried)
	if !ok {
		return tracehook.NewMeta().WithContext(ctx)
	}
	if c.of != nil {
		c.of.look()
	}
	if ctx == context.Context(c) {
		return c.meta
	}
	return c.meta.Fork().WithContext(ctx)
}
