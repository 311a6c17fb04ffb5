package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/tracehook/tracehook/exporter/spool"
)

func (p *program) dead() *cobra.Command {
	c := &cobra.Command{
		Use:   "dead",
		Short: "Look at what destinations have refused, send it again or drop it",
		Long: `Look at the batches that a destination has refused for good. They are in dead/ below the spool of a
connection, each with the reason. DIR is a directory of spools, the spool of a connection, or a dead/.`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("%q is no command of dead: there are ls, requeue and drop", args[0])
			}
			return usage("dead needs a command: ls, requeue or drop")
		},
	}
	c.AddCommand(p.deadLs(), p.deadRequeue(), p.deadDrop())
	return c
}

func (p *program) deadLs() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "ls DIR",
		Short:   "List dead batches and why they are dead",
		Example: "  tracehook dead ls store/spool\n  tracehook ls store/spool/backend/dead   the spans in them",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			all, err := deadIn(args[0])
			if err != nil {
				return err
			}
			for _, f := range all {
				if err := p.deadLine(f, asJSON); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON object for each batch")
	return c
}

func (p *program) deadLine(f spool.Stored, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(p.out).Encode(struct {
			Path    string    `json:"path"`
			Spans   int       `json:"spans"`
			Bytes   int64     `json:"bytes"`
			Created time.Time `json:"created"`
			Reason  string    `json:"reason,omitempty"`
		}{f.Path, f.Spans, f.Bytes, f.Created.UTC(), f.Reason})
	}
	reason := f.Reason
	if reason == "" {
		reason = "nobody has noted why"
	}
	_, err := fmt.Fprintf(p.out, "%s  %d spans  %s  %s\n  %s\n", f.Path, f.Spans, size(float64(f.Bytes)), f.Created.Format(time.DateTime), visible(reason))
	return err
}

// deadIn returns the dead batches in a directory.
func deadIn(dir string) ([]spool.Stored, error) {
	all, err := spool.StoredIn(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such directory", dir)
	}
	return slices.DeleteFunc(all, func(f spool.Stored) bool { return !f.Dead }), err
}

func (p *program) deadRequeue() *cobra.Command {
	return &cobra.Command{
		Use:   "requeue DIR",
		Short: "Put dead batches back among those that are sent",
		Long: `Put dead batches back among those that are sent: the process of the connection sends them when it
starts next. No process may use the spool meanwhile. Batches that were delivered in part come again.`,
		Example: "  tracehook dead requeue store/spool",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			all, err := deadIn(args[0])
			if err != nil {
				return err
			}
			spans := 0
			for _, dir := range spoolsOf(all) {
				n, err := spool.ReviveIn(c.Context(), dir)
				if spans += n; err != nil {
					return fmt.Errorf("%w; %d spans were put back", err, spans)
				}
			}
			_, err = fmt.Fprintf(p.out, "%d spans were put back\n", spans)
			return err
		},
	}
}

// spoolsOf returns the directories of the connections of dead batches.
func spoolsOf(all []spool.Stored) (dirs []string) {
	for _, f := range all {
		if dir := filepath.Dir(filepath.Dir(f.Path)); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

func (p *program) deadDrop() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:     "drop DIR|FILE...",
		Short:   "Remove dead batches for good",
		Example: "  tracehook dead drop store/spool --yes",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var all []spool.Stored
			for _, path := range args {
				found, err := deadAt(path)
				if err != nil {
					return err
				}
				all = append(all, found...)
			}
			return p.drop(c.Context(), all, yes)
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "remove them; without it, it only says what it would remove")
	return c
}

// deadAt returns the dead batches of a directory, or the one at a path.
func deadAt(path string) ([]spool.Stored, error) {
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return deadIn(path)
	}
	f, ok := spool.StoredAt(path)
	if !ok || !f.Dead {
		return nil, fmt.Errorf("%s is no dead batch", path)
	}
	return []spool.Stored{f}, nil
}

func (p *program) drop(ctx context.Context, all []spool.Stored, yes bool) error {
	spans := 0
	for _, f := range all {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if yes {
			if err := f.Remove(); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%w; %d spans were removed", err, spans)
			}
		}
		spans += f.Spans
	}
	if !yes {
		_, err := fmt.Fprintf(p.out, "%d spans in %d batches would be removed: say --yes\n", spans, len(all))
		return err
	}
	_, err := fmt.Fprintf(p.out, "%d spans in %d batches were removed\n", spans, len(all))
	return err
}
