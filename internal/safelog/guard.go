// Package safelog keeps those who log safe from a log handler that panics or hangs.
package safelog

import (
	"context"
	"log/slog"
)

// Guard returns a logger that writes where l does. A line at which the handler panics is
// lost, and nothing else happens.
func Guard(l *slog.Logger) *slog.Logger { return slog.New(guard{l.Handler()}) }

type guard struct{ next slog.Handler }

func (g guard) Enabled(ctx context.Context, level slog.Level) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return g.next.Enabled(ctx, level)
}

func (g guard) Handle(ctx context.Context, r slog.Record) (err error) {
	defer func() { _ = recover() }()
	return g.next.Handle(ctx, r)
}

func (g guard) WithAttrs(attrs []slog.Attr) (h slog.Handler) {
	defer func() {
		if recover() != nil {
			h = g
		}
	}()
	return guard{g.next.WithAttrs(attrs)}
}

func (g guard) WithGroup(name string) (h slog.Handler) {
	defer func() {
		if recover() != nil {
			h = g
		}
	}()
	return guard{g.next.WithGroup(name)}
}
