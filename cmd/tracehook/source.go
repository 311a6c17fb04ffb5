package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/file/readback"
	"github.com/tracehook/tracehook/internal/query"
)

// source is where spans come from, as people write it: a file, a directory, "-" or the address of
// a live page.
type source struct {
	where string
	token string // of a page
	// fields are how the writer has renamed what it writes; nil if it hasn't.
	fields []exporter.FieldMapping
	inside bool // it was found in a directory
}

func isPage(where string) bool {
	return strings.HasPrefix(where, "http://") || strings.HasPrefix(where, "https://")
}

// live asks a live page, which finds what matches itself.
func live(ctx context.Context, s source, q *query.Query, follow bool, opts ...readback.Option) iter.Seq2[readback.Record, error] {
	return func(yield func(readback.Record, error) bool) {
		body, err := askPage(ctx, s, q, follow)
		if err != nil {
			yield(readback.Record{Path: s.where}, err)
			return
		}
		defer func() { _ = body.Close() }()
		for rec, err := range readback.ReadFrom(body, s.where, opts...) {
			if ctx.Err() != nil || !yield(rec, err) {
				return
			}
		}
	}
}

func askPage(ctx context.Context, s source, q *query.Query, follow bool) (io.ReadCloser, error) {
	base, err := url.Parse(s.where)
	if err != nil {
		return nil, usage("%s is no address of a page", s.where)
	}
	params := url.Values{"query": {q.String()}, "limit": {"100000"}}
	if follow {
		params.Set("follow", "1")
		params.Set("after", "latest")
	}
	at := url.URL{Scheme: base.Scheme, Host: base.Host, Path: "/api/spans", RawQuery: params.Encode()}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	if s.token != "" {
		r.Header.Set("Authorization", "Bearer "+s.token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, fmt.Errorf("the page at %s doesn't answer: %w", base.Host, errors.Unwrap(err))
	}
	if answer.StatusCode == http.StatusOK && strings.HasPrefix(answer.Header.Get("Content-Type"), "application/x-ndjson") {
		return answer.Body, nil
	}
	_ = answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusUnauthorized:
		return nil, fmt.Errorf("the page at %s wants its token: write it into a file and give that with --token-file", base.Host)
	case http.StatusForbidden:
		return nil, fmt.Errorf("the page at %s refuses this name: ask it by its address", base.Host)
	}
	return nil, fmt.Errorf("%s is no live page: /api/spans answers %s", base.Host, answer.Status)
}

// readToken reads the file that holds a token.
func readToken(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	token, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(token)), nil
}
