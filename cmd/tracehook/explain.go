package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/attribute"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/otelbridge"
)

// asked is the span that explain is about.
type asked struct {
	name, kind, parent, state string
	attrs, own                []string
	failed, json              bool
	duration                  time.Duration
}

func (p *program) explain() *cobra.Command {
	var a asked
	c := &cobra.Command{
		Use:   "explain FILE --name NAME",
		Short: "Say what each connection does with a span, and why",
		Long: `Say what each connection of a configuration does with a span of this name, kind and
attributes: which rule decides, how probable it is that the span is kept, what a
reader of its weight concludes, and why. Nothing is opened or sent.

With --parent, the traceparent of a request, it also says what becomes of the span in
just that trace: kept or not, by what, and for how many spans it stands.`,
		Example: `  tracehook explain trace.toml --name service:user.login --attr vip=true
  tracehook explain trace.toml --name 'GET /login' --kind server --json
  tracehook explain trace.toml --name 'GET /login' --duration 2s \
      --parent 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`,
		Args: needs(1, 1, "one configuration file"),
		RunE: func(c *cobra.Command, args []string) error {
			keyValues, err := attributes(a.attrs)
			if err != nil {
				return err
			}
			if a.name == "" {
				return usage("the span needs a name: --name NAME")
			}
			recording, err := a.recording()
			if err != nil {
				return err
			}
			b, err := p.rehearsal(c.Context(), args[0], a.own)
			if err != nil {
				return err
			}
			defer func() { _ = b.Shutdown(context.WithoutCancel(c.Context())) }()
			below, err := p.below(c.Context(), args[0], &a, recording)
			if err != nil {
				return err
			}
			for i, e := range b.Explain(a.name, a.kind, keyValues...) {
				if err := p.tellExplanation(e, below, i, a.json); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().StringVar(&a.name, "name", "", "name of the span")
	c.Flags().StringVar(&a.kind, "kind", "", "its kind, the framework's word or OTel's (default internal)")
	c.Flags().StringArrayVar(&a.attrs, "attr", nil, "attribute as key=value; may be repeated")
	c.Flags().StringVar(&a.parent, "parent", "", "traceparent of the request that it is below")
	c.Flags().StringVar(&a.state, "tracestate", "", "tracestate of that request")
	c.Flags().BoolVar(&a.failed, "error", false, "with --parent: its status is an error")
	c.Flags().DurationVar(&a.duration, "duration", 0, "with --parent: how long it takes")
	c.Flags().BoolVar(&a.json, "json", false, "one JSON object for each connection")
	c.Flags().StringSliceVar(&a.own, "driver", nil, "name of a driver of your own; may be repeated")
	return c
}

// attributes reads attributes as people write them. Rules compare values as they are printed, so
// that all may be texts.
func attributes(texts []string) ([]attribute.KeyValue, error) {
	var all []attribute.KeyValue
	for _, text := range texts {
		key, value, ok := strings.Cut(text, "=")
		if !ok || key == "" {
			return nil, usage("--attr %q: want key=value", text)
		}
		all = append(all, attribute.String(key, value))
	}
	return all, nil
}

// configuration reads and checks a configuration, and prints each problem under its place.
func (p *program) configuration(path string, own []string, check func(config.Config, ...otelbridge.Option) error) (config.Config, error) {
	opts := options(own)
	cfg, err := config.Load(path, config.WithEnviron(p.environ), config.WithUnknown(), config.WithCheck(func(cfg config.Config) error {
		return check(cfg, opts...)
	}))
	if problems, ok := errors.AsType[config.Problems](err); ok {
		lines := read(path)
		for _, each := range problems {
			tell(p.err, findingOf(path, each, "error"), lines)
		}
		return cfg, errSaid
	}
	if err != nil {
		return cfg, fmt.Errorf("%s: %s", path, sentence(path, err))
	}
	return cfg, nil
}

// rehearsal is a Bridge of a configuration that opens and sends nothing: each driver is one of its
// kind that discards.
func (p *program) rehearsal(ctx context.Context, path string, own []string) (*otelbridge.Bridge, error) {
	cfg, err := p.configuration(path, own, otelbridge.Check)
	if err != nil {
		return nil, err
	}
	opts := options(own)
	for name, d := range otelbridge.Drivers() {
		if slices.Contains(own, name) {
			continue
		}
		d.New, d.Check, d.Claims = discard, nil, nil
		opts = append(opts, otelbridge.WithDriverSpec(name, d))
	}
	return otelbridge.New(ctx, cfg, opts...)
}
