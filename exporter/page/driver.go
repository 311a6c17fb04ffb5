package page

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/exporter"
)

// Driver returns the driver "page". Its settings are listen, the address ("127.0.0.1:16600" if
// absent), token, which is required where listen isn't loopback, and max_bytes, how much memory the
// spans that it keeps may have (64 MiB if absent). It has no vote on the sampled flag.
func Driver() exporter.Driver {
	return exporter.Driver{
		New: func(ctx context.Context, s exporter.Settings) (sdktrace.SpanExporter, error) {
			o, err := settings(s)
			if err != nil {
				return nil, err
			}
			e, err := open(ctx, o, s.Inspector, s.Logger)
			if err != nil {
				return nil, err // and no pointer to nothing
			}
			return e, nil
		},
		Check: func(s exporter.Settings) error {
			_, err := settings(s)
			return err
		},
		Claims:  claim,
		Network: true,
		TLS:     true,
		Local:   true,
	}
}

// Option changes what [New] makes.
type Option func(*settable)

type settable struct {
	options
	inspector exporter.Inspector
	logger    *slog.Logger
}

// WithListen sets the address; the default is [DefaultListen]. Port 0 takes a free one.
func WithListen(address string) Option { return func(s *settable) { s.listen = address } }

// WithToken sets what a browser has to say first, at least 16 visible characters. There is none by
// default; an address that other machines reach needs one.
func WithToken(token string) Option { return func(s *settable) { s.token = exporter.NewSecret(token) } }

// WithMaxBytes bounds the memory of the spans that are kept; the oldest go first. The default is
// [DefaultMaxBytes], the least 64 KiB.
func WithMaxBytes(bytes int64) Option { return func(s *settable) { s.maxBytes = bytes } }

// WithInspector sets who knows about the other connections. Without one the page shows spans only.
func WithInspector(i exporter.Inspector) Option { return func(s *settable) { s.inspector = i } }

// WithLogger sets where the page's address is written, at info level. Nil and the default discard
// it.
func WithLogger(l *slog.Logger) Option { return func(s *settable) { s.logger = l } }

// New opens the page and begins to serve it. The error says what is wrong with the options, or why
// the address can't be had. ctx bounds the opening only; [Exporter.Shutdown] ends the page.
func New(ctx context.Context, opts ...Option) (*Exporter, error) {
	s := settable{options: options{listen: DefaultListen, maxBytes: DefaultMaxBytes}}
	for _, opt := range opts {
		opt(&s)
	}
	var problems []error
	for _, p := range s.problems() {
		problems = append(problems, fmt.Errorf("page: %s: %s", p.key, p.text))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return open(ctx, s.options, s.inspector, s.logger)
}
