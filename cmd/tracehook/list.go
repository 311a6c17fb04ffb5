package main

import (
	"context"
	"errors"

	"github.com/tracehook/tracehook/exporter/file/readback"
)

// list prints each span that matches.
func (r *reading) list(ctx context.Context, sources []source, watch *watcher, out *printer) error {
	var broken error
	err := r.walk(ctx, sources, false, func(rec *readback.Record) bool {
		watch.see(&r.span)
		broken = out.span(&rec.Span)
		return broken == nil
	})
	return errors.Join(err, broken, out.flush())
}
