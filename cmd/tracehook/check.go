package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/tracehook/tracehook/config"
	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/none"
	"github.com/tracehook/tracehook/otelbridge"
)

// finding is what check says about one place of a file.
type finding struct {
	File     string `json:"file"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Key      string `json:"key,omitempty"`
	Severity string `json:"severity"` // error or note
	Message  string `json:"message"`
}

func (p *program) check() *cobra.Command {
	var asJSON, here bool
	var own []string
	c := &cobra.Command{
		Use:   "check FILE...",
		Short: "Find every problem of a configuration",
		Long: `Find every problem of configuration files, each under its place: what a Bridge would refuse on any
machine. Nothing is opened or started, and a value that needs a variable which isn't set is left alone.
With --here this machine is looked at as well: directories, certificates, rights, and variables that
aren't set. Environment variables are those of this process.`,
		Example: `  tracehook check trace.toml
  tracehook check --json trace.toml | jq -r '.message'
  tracehook check --driver sqlite trace.toml`,
		Args: needs(1, many, "a configuration file"),
		RunE: func(_ *cobra.Command, args []string) error {
			failed := false
			for _, path := range args {
				found, lines := p.findings(path, own, here)
				for _, f := range found {
					failed = failed || f.Severity == "error"
					if asJSON {
						_ = json.NewEncoder(p.out).Encode(f)
					} else {
						tell(p.out, f, lines)
					}
				}
			}
			if failed {
				return errSaid
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON object for each problem, for editors and CI")
	c.Flags().BoolVar(&here, "here", false, "look at this machine, too")
	c.Flags().StringSliceVar(&own, "driver", nil, "name of a driver of your own, whose settings are not checked; may be repeated")
	return c
}

// options makes drivers of the caller's program known, and replaces nothing else.
func options(own []string) []otelbridge.Option {
	var opts []otelbridge.Option
	for _, name := range own {
		opts = append(opts, otelbridge.WithDriver(name, discard))
	}
	return opts
}

func discard(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) {
	return discarding{none.New()}, nil
}

// discarding is an exporter of any connection, also of one with a spool.
type discarding struct{ *none.Exporter }

func (discarding) SpoolSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (discarding) SpoolCounts() (pending, replayed, dead, expired int64)     { return 0, 0, 0, 0 }
func (discarding) SpoolInherited() int64                                     { return 0 }
func (discarding) Resent() int64                                             { return 0 }

// findings checks one file, and returns its lines, too.
func (p *program) findings(path string, own []string, here bool) ([]finding, []string) {
	opts := options(own)
	verify := func(cfg config.Config) error { return otelbridge.Check(cfg, opts...) }
	reading := []config.Option{config.WithEnviron(p.environ)}
	if here {
		verify = func(cfg config.Config) error { return otelbridge.CheckHere(cfg, opts...) }
	} else {
		reading = append(reading, config.WithUnknown())
	}
	cfg, err := config.Load(path, append(reading, config.WithCheck(verify))...)
	var found []finding
	for _, w := range cfg.Warnings {
		found = append(found, findingOf(path, w, "note"))
	}
	if err == nil {
		if cfg.Implicit {
			found = append(found, finding{File: path, Severity: "note", Message: "there is no [trace] in it: spans go where the environment says (OTEL_TRACES_EXPORTER), else to the console"})
		}
		return found, read(path)
	}
	problems, ok := errors.AsType[config.Problems](err)
	if !ok {
		return append(found, finding{File: path, Severity: "error", Message: sentence(path, err)}), nil
	}
	for _, each := range problems {
		found = append(found, findingOf(path, each, "error"))
	}
	return found, read(path)
}

func findingOf(path string, p config.Problem, severity string) finding {
	if p.File == "" {
		p.File = path
	}
	return finding{p.File, p.Line, p.Column, p.Path, severity, p.Message}
}

// sentence leaves out the path that is said before it anyway.
func sentence(path string, err error) string {
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), "open "+path+": "), path+": ")
}

// mostShownOf bounds the files of which lines are shown, in bytes.
const mostShownOf = 4 << 20

// read returns the lines of a file; none of one that can't be a configuration.
func read(path string) []string {
	if info, err := os.Stat(path); err != nil || info.Size() > mostShownOf {
		return nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return strings.Split(strings.ReplaceAll(string(content), "\r\n", "\n"), "\n")
}

// tell writes a finding, and a caret under its place.
func tell(w io.Writer, f finding, lines []string) {
	place := f.File
	if f.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", f.File, f.Line, max(f.Column, 1))
	}
	text := f.Message
	if f.Key != "" {
		text = f.Key + ": " + text
	}
	if f.Severity == "note" {
		text = "note: " + text
	}
	_, _ = fmt.Fprintf(w, "%s: %s\n", place, text)
	if f.Line < 1 || f.Line > len(lines) {
		return
	}
	line, cells := excerpt(lines[f.Line-1], f.Column)
	number := fmt.Sprintf("%5d | ", f.Line)
	_, _ = fmt.Fprintf(w, "%s%s\n%s%s^\n", number, line, strings.Repeat(" ", len(number)-2)+"| ", strings.Repeat(" ", cells))
}

// excerpt returns what is around a column of a line, and how many cells stand before the column.
func excerpt(line string, column int) (text string, cells int) {
	const before, most = 60, 100
	runes := []rune(line)
	for i, r := range runes {
		if r < ' ' || r == 0x7f {
			runes[i] = ' '
		}
	}
	at := min(max(column-1, 0), len(runes))
	from := max(0, at-before)
	if from > 0 {
		text, cells = "...", 3
	}
	cells += runewidth.StringWidth(string(runes[from:at]))
	end := min(len(runes), from+most)
	text += string(runes[from:end])
	if end < len(runes) {
		text += "..."
	}
	return text, cells
}
