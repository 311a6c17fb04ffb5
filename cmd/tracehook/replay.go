package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/internal/query"
)

// target is where replay sends, and how.
type target struct {
	to, tokenFile, headersFile, state string
	rate                              float64
	patience                          time.Duration
	gzip                              bool
}

func (p *program) replay() *cobra.Command {
	var a asking
	var t target
	c := &cobra.Command{
		Use:   "replay PATH... --to URL",
		Short: "Send spans of files to an OTLP endpoint",
		Long: `Send the spans of files, directories, spools, dead batches or standard input to an OTLP/HTTP endpoint,
in the order in which they were written. Nothing is changed where they come from. A spool that is in
use is sent by its process as well: replay what no process uses.

--state names a file that notes what has been delivered: called again, replay goes on there. A batch
whose answer was lost is sent again. What the endpoint refuses for good is told, noted, and stays where
it is. With a query, only spans that match are sent.`,
		Example: `  tracehook replay trace.jsonl --to http://127.0.0.1:4318 --state replay.state
  tracehook replay spool/backend/dead --to https://collector:4318 --rate 1000
  tracehook replay store/ --to http://127.0.0.1:4318 -q status:error`,
		Args: needs(1, many, "a file or a directory"),
		RunE: func(c *cobra.Command, args []string) error {
			q, err := parse("query", a.query)
			if err != nil {
				return err
			}
			sources, err := p.sources(&a, args)
			if err != nil {
				return err
			}
			return p.send(c.Context(), &t, q, sources)
		},
	}
	c.Flags().StringVar(&t.to, "to", "", "address of the endpoint; without a path it is /v1/traces")
	c.Flags().Float64Var(&t.rate, "rate", 0, "at most so many spans a second; 0 is as fast as it goes")
	c.Flags().StringVar(&t.state, "state", "", "file that notes what was delivered, to go on there")
	c.Flags().StringVar(&t.tokenFile, "to-token-file", "", "file with a token for the endpoint (Authorization: Bearer)")
	c.Flags().StringVar(&t.headersFile, "to-headers-file", "", "file with headers for the endpoint, lines of name: value")
	c.Flags().DurationVar(&t.patience, "patience", 30*time.Second, "how long an endpoint that doesn't answer is tried again")
	c.Flags().BoolVar(&t.gzip, "gzip", false, "compress requests")
	c.Flags().StringVarP(&a.query, "query", "q", "", "which spans")
	a.from(c)
	return c
}

// send replays sources.
func (p *program) send(ctx context.Context, t *target, q *query.Query, sources []source) error {
	sender, err := t.sender()
	if err != nil {
		return err
	}
	defer func() { _ = sender.Close() }()
	state, err := openState(t.state, t.to, q.String())
	if err != nil {
		return err
	}
	r := p.reading(q)
	total, err := sizes(sources)
	if err != nil {
		return err
	}
	s := &sending{reading: r, target: t, sender: sender, state: state, progress: newProgress(p, total)}
	for _, from := range sources {
		if err = s.source(ctx, from); err != nil {
			break
		}
	}
	if err == nil {
		err = s.flush(ctx)
	}
	s.progress.end()
	return s.report(err)
}

// sender returns what makes requests.
func (t *target) sender() (*delivery.Sender, error) {
	if t.to == "" {
		return nil, usage("the spans need an address: --to http://HOST:4318")
	}
	u, err := url.Parse(t.to)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, usage("--to: want http://HOST:PORT or https://HOST:PORT, the address of an OTLP/HTTP endpoint")
	}
	u.Path = cmp.Or(u.Path, "/")
	if u.Path == "/" {
		u.Path = "/v1/traces"
	}
	if t.rate < 0 {
		return nil, usage("--rate: %v is no number of spans a second", t.rate)
	}
	header := make(http.Header)
	if t.headersFile != "" {
		headers, err := delivery.ReadHeaders(t.headersFile)
		if err != nil {
			return nil, err
		}
		for name, value := range headers {
			header.Set(name, value)
		}
	}
	if t.tokenFile != "" {
		token, err := delivery.ReadToken(t.tokenFile)
		if err != nil {
			return nil, err
		}
		header.Set("Authorization", "Bearer "+token)
	}
	var secrets delivery.Secrets
	for _, values := range header {
		secrets = append(secrets, values...)
	}
	transport, err := delivery.NewHTTP(delivery.HTTPOptions{URL: u.String(), Header: header, Gzip: t.gzip, Secrets: secrets})
	if err != nil {
		return nil, usage("--to: %w", err)
	}
	return delivery.NewSender(transport, delivery.Options{Budget: t.patience, Cutter: delivery.OTLPCutter()}), nil
}

// report says how it went.
func (s *sending) report(err error) error {
	delivered := s.delivered
	switch {
	case errors.Is(err, context.Canceled):
		err = fmt.Errorf("it was interrupted after %d spans%s", delivered, s.state.hint())
	case err != nil:
		err = fmt.Errorf("%w; %d spans were delivered%s", err, delivered, s.state.hint())
	default:
		s.complain("%d spans were delivered%s", delivered, skipped(s.skipped))
	}
	if s.refused > 0 {
		err = errors.Join(err, fmt.Errorf("the endpoint refused %d spans: %w", s.refused, s.firstRefusal))
	}
	return errors.Join(err, s.end())
}

func skipped(records int) string {
	if records == 0 {
		return ""
	}
	return fmt.Sprintf("; %d records had been delivered before", records)
}
