package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/tracehook/tracehook/exporter/file/readback"
)

func (p *program) tail() *cobra.Command {
	var a asking
	var from bool
	var most time.Duration
	c := &cobra.Command{
		Use:   "tail PATH|ADDRESS",
		Short: "Print spans as they come",
		Long: `Print the spans that are written to a file, or to any file in a directory, from now on, or that
end in the process with a live page. Rotations are followed, and so are new files and the batches of
a spool. It goes on until it is interrupted, for --for at most, or with --fail-on until the first
span that is found.`,
		Example: `  tracehook tail store/trace.jsonl -q status:error
  tracehook tail store/
  tracehook tail http://127.0.0.1:16600/ --json
  tracehook tail trace.jsonl --for 1m --fail-on status:error`,
		Args: needs(1, 1, "one file, directory or address"),
		RunE: func(c *cobra.Command, args []string) error {
			q, err := parse("query", a.query)
			if err != nil {
				return err
			}
			watch, err := a.watcher()
			if err != nil {
				return err
			}
			sources, err := p.sources(&a, args)
			if err != nil {
				return err
			}
			ctx := c.Context()
			if most > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, most)
				defer cancel()
			}
			r, out := p.reading(q), p.printer(a.json)
			var broken error
			found := func(rec *readback.Record) bool {
				watch.see(&r.span)
				broken = errors.Join(out.span(&rec.Span), out.flush())
				return broken == nil && watch.matches == 0
			}
			if s := sources[0]; isPage(s.where) || s.where == "-" {
				err = r.walk(ctx, sources, true, found)
			} else {
				err = r.follow(ctx, s, from, found)
			}
			if errors.Is(err, errEnough) || most > 0 && errors.Is(err, context.DeadlineExceeded) {
				err = nil
			}
			return errors.Join(err, broken, r.end(), watch.err(p))
		},
	}
	c.Flags().StringVarP(&a.query, "query", "q", "", "which spans")
	c.Flags().StringVar(&a.failOn, "fail-on", "", "end with 1 at the first span that matches this query, too")
	c.Flags().BoolVar(&a.json, "json", false, "one JSON object a line")
	a.from(c)
	c.Flags().BoolVar(&from, "from-start", false, "print what is in the file already, too")
	c.Flags().DurationVar(&most, "for", 0, "end after this time")
	return c
}
