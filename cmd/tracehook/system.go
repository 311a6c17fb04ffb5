package main

import (
	"os"

	"golang.org/x/term"
)

// system is the program as it is started.
func system() *program {
	width := func(f *os.File) func() int {
		return func() int {
			width, _, err := term.GetSize(int(f.Fd()))
			if err != nil {
				return 0
			}
			return max(width, narrowest)
		}
	}
	return &program{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ, terminal: width(os.Stdout), bar: width(os.Stderr),
		color: term.IsTerminal(int(os.Stdout.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
	}
}

// narrowest is the shortest line that is drawn.
const narrowest = 40
