package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// The codes that the program ends with.
const (
	fine     = 0
	problem  = 1
	misusage = 2
)

// errSaid is a problem that has been told already.
var errSaid = errors.New("there is a problem")

// usageError is a mistake of the caller of the program.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

const many = math.MaxInt // arguments

// needs checks the number of arguments of a command. What says what they are; the command's first
// example is shown.
func needs(least, most int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if least <= len(args) && len(args) <= most {
			return nil
		}
		example, _, _ := strings.Cut(strings.TrimSpace(c.Example), "\n")
		return usage("%s needs %s, for example: %s", c.Name(), what, example)
	}
}

// run runs the program and returns its code.
func run(ctx context.Context, p *program, args []string) int {
	root := p.root()                          //nolint:contextcheck // it gets it with ExecuteContext
	root.SetArgs(append([]string{}, args...)) // nil would be those of the process
	err := root.ExecuteContext(ctx)
	var wrong usageError
	switch {
	case err == nil:
		return fine
	case errors.As(err, &wrong), !p.began:
		p.complain("%v", err)
		about := root
		if c, _, err := root.Find(args); err == nil {
			about = c
		}
		p.complain("see %s --help", about.CommandPath())
		return misusage
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return fine // it was to go on until somebody ends it
	case !errors.Is(err, errSaid):
		p.complain("%v", err)
	}
	return problem
}

// program is the world that the commands see.
type program struct {
	in       io.Reader
	out, err io.Writer
	environ  func() []string
	// terminal returns the width of the terminal that out is, 0 if it is none.
	terminal func() int
	// bar returns the width of the terminal that err is, 0 if it is none.
	bar   func() int
	color bool
	began bool // the arguments were understood
}

func (p *program) complain(format string, args ...any) {
	_, _ = fmt.Fprintf(p.err, "tracehook: "+format+"\n", args...)
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "tracehook",
		Short: "Look at traces, and at the configuration that writes them",
		Long: `Look at traces, and at the configuration that writes them.

Spans come from what the driver "file" has written (JSON, OTLP JSON, YAML; plain, compressed,
rotated, still growing), from a directory of such files, from standard input ("-"), or from a live
page (http://127.0.0.1:16600/). They are asked for in one language:

  status:error duration:>100ms @http.route:/login -name:health "free text"`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRun: func(*cobra.Command, []string) {
			p.began = true
		},
	}
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(p.err)
	root.SetVersionTemplate("tracehook {{.Version}}\n")
	root.AddCommand(p.check(), p.explain(), p.plan(), p.ls(), p.tail(), p.show(), p.replay(), p.dead(), p.schema())
	fitHelp(root)
	return root
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown version)"
}
