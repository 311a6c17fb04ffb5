package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tracehook/tracehook/cmd/tracehook/internal/plan"
	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/internal/query"
	"github.com/tracehook/tracehook/otelbridge"
)

// planned is what plan says about one configuration.
type planned struct {
	File string `json:"file"`
	*plan.Result
}

func (p *program) plan() *cobra.Command {
	var a asking
	var conditions, own []string
	var exact bool
	c := &cobra.Command{
		Use:   "plan OLD NEW TRACES...",
		Short: "Try a configuration on recorded traces",
		Long: `Replay recorded traces through two configurations, and say what the connections of each would have
kept: by which rule, how many spans and bytes a day, how many of the failing traces whole, and how far
a reader's estimates would be from the truth. Nothing is opened or sent.

Record with a connection that leaves nothing out:

  [trace.recorder]
  driver = "file"
  redact = false
  sample = { error = false }
  setting = { path = "recorded.jsonl", encoding = "otlp" }

Of other files the answer is an estimate, and says why. Bytes are those of the file, or of OTLP before
it is compressed. Queues are never full here, so that nothing is shed. Services that are recorded
together are taken to have the same configuration.

--fail-if compares kept, left_out, limited, failing_whole or estimate_error, as a number or a share, and
spans_per_day or bytes_per_day of a connection of NEW; * is any connection.`,
		Example: `  tracehook plan old.toml new.toml store/trace/recorded.jsonl
  tracehook plan old.toml new.toml store/ --fail-if 'backend.kept > 20%'
  zcat *.gz | tracehook plan old.toml new.toml - --json | jq .`,
		Args: needs(3, many, "two configurations and recorded traces"),
		RunE: func(c *cobra.Command, args []string) error {
			checks, err := parseConditions(conditions)
			if err != nil {
				return err
			}
			configs := make([]config.Config, 2)
			for i, path := range args[:2] {
				if configs[i], err = p.configuration(path, own, otelbridge.Check); err != nil {
					return err
				}
			}
			sources, err := p.sources(&a, args[2:])
			if err != nil {
				return err
			}
			r := p.reading(&query.Query{})
			recording, err := r.recording(c.Context(), sources)
			if err != nil {
				return err
			}
			unread := r.end()
			lacks := recording.Lacks(configs...)
			if exact && len(lacks) > 0 {
				return errors.Join(errors.New("the recording allows no more than an estimate: "+lacks[0]), unread)
			}
			var results []planned
			for i, cfg := range configs {
				result, err := plan.Run(c.Context(), recording, cfg, own...)
				if err != nil {
					return err
				}
				results = append(results, planned{args[i], result})
			}
			if err := p.tellPlan(recording, lacks, results, a.json); err != nil {
				return err
			}
			return errors.Join(p.fail(checks, results[1].Result), unread)
		},
	}
	c.Flags().StringArrayVar(&conditions, "fail-if", nil, "end with 1 if this holds of NEW, such as 'backend.kept > 20%'; may be repeated")
	c.Flags().BoolVar(&exact, "exact", false, "refuse a recording that allows no more than an estimate")
	c.Flags().BoolVar(&a.json, "json", false, "one JSON object for each configuration")
	c.Flags().StringSliceVar(&own, "driver", nil, "name of a driver of your own; may be repeated")
	a.from(c)
	return c
}

func parseConditions(texts []string) (all []plan.Condition, err error) {
	for _, text := range texts {
		c, err := plan.ParseCondition(text)
		if err != nil {
			return nil, usage("--fail-if: %w", err)
		}
		all = append(all, c)
	}
	return all, nil
}

// recording reads what is to be replayed.
func (r *reading) recording(ctx context.Context, sources []source) (*plan.Recording, error) {
	recording := new(plan.Recording)
	for _, s := range sources {
		err := r.messages(ctx, s, func(m spanMessage) error {
			err := recording.Add(m.data, m.exact)
			if err != nil && !errors.Is(err, plan.ErrFull) {
				r.spans++
				return fmt.Errorf("%s: %w", m.place(), err)
			}
			return err
		})
		if errors.Is(err, plan.ErrFull) {
			r.complain("%v: only the first %d spans are replayed", err, recording.Len())
			return recording, nil
		}
		if err != nil {
			return nil, err
		}
	}
	if recording.Len() == 0 {
		if err := r.end(); err != nil {
			return nil, err
		}
		return nil, errors.New("there are no spans to replay")
	}
	return recording, nil
}

// fail tells which conditions hold.
func (p *program) fail(conditions []plan.Condition, r *plan.Result) error {
	var failed error
	for _, c := range conditions {
		sentences, err := c.Holds(r)
		if err != nil {
			return usage("--fail-if: %w", err)
		}
		for _, s := range sentences {
			p.complain("--fail-if %s", s)
			failed = errSaid
		}
	}
	return failed
}

// tellPlan writes what was found.
func (p *program) tellPlan(recording *plan.Recording, lacks []string, results []planned, asJSON bool) error {
	if !asJSON {
		return p.tables(recording, lacks, results)
	}
	for _, r := range results {
		err := json.NewEncoder(p.out).Encode(struct {
			planned
			Duration float64  `json:"recorded_seconds"`
			Estimate []string `json:"estimate_because,omitempty"`
		}{r, recording.Duration().Seconds(), lacks})
		if err != nil {
			return err
		}
	}
	return nil
}
