// Readback prints the slowest traces that were written to a folder, as trees:
//
//	go run ./examples/readback DIR
//
// Without a folder it writes a small sample into a temporary one first.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/tracehook/tracehook/exporter/tree"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "readback:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("readback", flag.ContinueOnError)
	most := flags.Int("n", 3, "how many traces are printed")
	width := flags.Int("width", tree.DefaultWidth, "longest line")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *most < 1 || flags.NArg() > 1 {
		return errors.New("want: readback [-n TRACES] [-width CELLS] [DIR], with at least one trace")
	}
	dir := flags.Arg(0)
	if dir == "" {
		if dir, err = os.MkdirTemp("", "readback"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		if err := writeSample(dir); err != nil {
			return err
		}
	}
	found, err := slowest(dir, *most)
	if err != nil {
		return err
	}
	style := tree.Style{Width: *width}
	var text []byte
	for _, trace := range found.traces {
		text = style.Append(text, trace)
		text = append(text, '\n')
	}
	text = fmt.Appendf(text, "the slowest %d of %d traces, %d spans in all\n", len(found.traces), found.total, found.spans)
	if found.other > 0 {
		text = fmt.Appendf(text, "%d records are no spans: lines of text, or lines without a trace id\n", found.other)
	}
	for _, problem := range found.problems {
		text = fmt.Appendf(text, "not read: %v\n", problem)
	}
	_, err = out.Write(text)
	return err
}
