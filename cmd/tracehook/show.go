package main

import (
	"encoding/hex"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tracehook/tracehook/exporter/file/readback"
	"github.com/tracehook/tracehook/exporter/tree"
)

// mostShown bounds how many spans of one trace are drawn.
const mostShown = 200_000

func (p *program) show() *cobra.Command {
	var a asking
	c := &cobra.Command{
		Use:   "show ID PATH...",
		Short: "Draw one trace",
		Long:  "Draw the trace whose id begins with ID, or that has a span whose id does. At least 4 digits are needed.",
		Example: `  tracehook show 4bf92f35 store/
  tracehook show 4bf92f3577b34da6a3ce929d0e0e4736 http://127.0.0.1:16600/`,
		Args: needs(2, many, "the first digits of an id, and a file, a directory or an address"),
		RunE: func(c *cobra.Command, args []string) error {
			id := strings.ToLower(args[0])
			if _, err := hex.DecodeString(id + strings.Repeat("0", len(id)%2)); err != nil || len(id) < 4 || len(id) > 32 {
				return usage("%.40q is no id: want 4 to 32 digits from 0 to 9 and a to f", args[0])
			}
			sources, err := p.sources(&a, args[1:])
			if err != nil {
				return err
			}
			text := "trace:" + id
			if len(id) <= 16 {
				text += " OR span:" + id
			}
			q, err := parse("query", text)
			if err != nil {
				return err
			}
			r := p.reading(q)
			var first readback.Span
			if err := r.walk(c.Context(), sources, false, func(rec *readback.Record) bool { first = rec.Span; return false }); err != nil {
				return err
			}
			if r.matches == 0 {
				return errors.Join(r.end(), errors.New("no trace and no span has an id that begins with "+id))
			}
			return p.draw(c, sources, first, a.json)
		},
	}
	c.Flags().BoolVar(&a.json, "json", false, "one JSON object a span")
	a.from(c)
	return c
}

// draw draws the trace of a span.
func (p *program) draw(c *cobra.Command, sources []source, of readback.Span, asJSON bool) error {
	q, err := parse("query", "trace:"+of.TraceID.String())
	if err != nil {
		return err
	}
	r, out := p.reading(q), p.printer(asJSON)
	var t tree.Trace
	var broken error
	err = r.walk(c.Context(), sources, false, func(rec *readback.Record) bool {
		if asJSON {
			broken = out.span(&rec.Span)
			return broken == nil
		}
		t.Spans = append(t.Spans, treeSpan(&rec.Span))
		return len(t.Spans) < mostShown
	})
	if err := errors.Join(err, broken, out.flush()); err != nil {
		return err
	}
	style := tree.Style{Color: p.color, Width: p.terminal()}
	if _, err := p.out.Write(style.Append(nil, t)); err != nil {
		return err
	}
	if len(t.Spans) == mostShown {
		p.complain("only the first %d spans of the trace are drawn", mostShown)
	}
	return r.end()
}
