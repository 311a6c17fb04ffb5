package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/tracehook/tracehook/internal/query"
)

// asking is what the commands that look at spans have in common.
type asking struct {
	query, failOn, tokenFile, config string
	json, trees                      bool
}

func (a *asking) flags(c *cobra.Command) {
	c.Flags().StringVarP(&a.query, "query", "q", "", `which spans, such as 'status:error duration:>100ms "timed out"'`)
	c.Flags().StringVar(&a.failOn, "fail-on", "", "end with 1 if a span matches this query, too")
	c.Flags().BoolVar(&a.json, "json", false, "one JSON object a line")
	c.Flags().BoolVarP(&a.trees, "trees", "t", false, "whole traces, as trees")
	a.from(c)
}

// from adds the flags that say how sources are to be read.
func (a *asking) from(c *cobra.Command) {
	c.Flags().StringVar(&a.tokenFile, "token-file", "", "file with the token of a live page")
	c.Flags().StringVar(&a.config, "config", "", "configuration that renames the fields of the files")
}

// parse reads a query of a flag; its error shows where it is wrong.
func parse(flag, text string) (*query.Query, error) {
	q, err := query.Parse(text)
	if bad, ok := errors.AsType[*query.Error](err); ok {
		return nil, usage("--%s: %s\n%s", flag, bad.Problem, bad.Caret())
	}
	return q, err
}

// sources returns where spans come from.
func (p *program) sources(a *asking, args []string) ([]source, error) {
	token, err := readToken(a.tokenFile)
	if err != nil {
		return nil, err
	}
	fields, err := p.renamed(a.config)
	if err != nil {
		return nil, err
	}
	var all []source
	for _, where := range args {
		all = append(all, source{where: where, token: token, fields: fields})
	}
	return all, nil
}

// watcher looks for spans that a program in CI is to fail on.
type watcher struct {
	query   *query.Matcher // nil without --fail-on
	matches int
}

func (a *asking) watcher() (*watcher, error) {
	if a.failOn == "" {
		return &watcher{}, nil
	}
	q, err := parse("fail-on", a.failOn)
	if err != nil {
		return nil, err
	}
	return &watcher{query: q.Matcher()}, nil
}

// see looks at a span.
func (w *watcher) see(s *query.Span) {
	if w.query != nil && w.query.Match(s) {
		w.matches++
	}
}

// err is that of --fail-on.
func (w *watcher) err(p *program) error {
	if w.matches == 0 {
		return nil
	}
	p.complain("--fail-on: %d spans match", w.matches)
	return errSaid
}

func (p *program) ls() *cobra.Command {
	var a asking
	c := &cobra.Command{
		Use:   "ls PATH...",
		Short: "List spans",
		Long: `List the spans of files, directories, standard input ("-") or a live page's address, one a line, in
the order in which they were written.

A query has terms that must all match: words and "texts in quotes" anywhere in a span; FIELD:VALUE with
name, service, kind, status, message, target, event, trace, span, parent, duration, start, end; @KEY:VALUE
for attributes; - in front turns one around; OR and parentheses group. :> :>= :< :<= compare, * is any text.`,
		Example: `  tracehook ls store/ -q 'status:error duration:>100ms'
  tracehook ls trace.jsonl -q '@http.route:/login' --json | jq .name
  zcat old.gz | tracehook ls - -q '"card refused"' --trees
  tracehook ls http://127.0.0.1:16600/ -q service:shop`,
		Args: needs(1, many, "a file, a directory, an address, or - for standard input"),
		RunE: func(c *cobra.Command, args []string) error {
			q, err := parse("query", a.query)
			if err != nil {
				return err
			}
			sources, err := p.sources(&a, args)
			if err != nil {
				return err
			}
			watch, err := a.watcher()
			if err != nil {
				return err
			}
			r := p.reading(q)
			if a.trees {
				err = r.trees(c.Context(), sources, watch)
			} else {
				err = r.list(c.Context(), sources, watch, p.printer(a.json))
			}
			if err != nil {
				return err
			}
			return errors.Join(r.end(), watch.err(p))
		},
	}
	a.flags(c)
	return c
}
