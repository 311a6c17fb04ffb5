package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	// Path is the key path, such as "trace.greptime.sample.rate", or "" if the whole file is
	// to blame.
	Path string
	// File, Line and Column are as in [Place].
	File         string
	Line, Column int
	// Message says what is wrong and what would be right. It never holds a secret.
	Message string
}

// Error returns the problem on one line: trace.toml:12:3: trace.file.sample.rate: 1.5 is outside 0..1.
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		if p.File != "" {
			b.WriteByte(':')
		}
		fmt.Fprintf(&b, "%d", p.Line)
		if p.Column > 0 {
			fmt.Fprintf(&b, ":%d", p.Column)
		}
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Message)
	return b.String()
}

// Problems is everything that is wrong with a configuration, in the order of the file, but not
// more than the first thousand.
// [errors.As] finds the single [Problem] values in it.
type Problems []Problem

// most is how many problems are printed; the rest is counted.
const most = 100

// Error returns one line for each problem, at most a hundred.
func (p Problems) Error() string {
	var b strings.Builder
	for i, problem := range p {
		if i == most {
			fmt.Fprintf(&b, "\nand %d more", len(p)-most)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(problem.Error())
	}
	return b.String()
}

// Unwrap returns the single problems.
func (p Problems) Unwrap() []error {
	errs := make([]error, len(p))
	for i, problem := range p {
		errs[i] = problem
	}
	return errs
}

// Sort puts problems in the order of the file; those of the environment come last. Call it
// after adding problems to those that loading found.
func (p Problems) Sort() {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(min(1, b.Line), min(1, a.Line)),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Path, b.Path),
		)
	})
}

// NewProblem returns a problem of the key at keyPath, with its place. It is for those who
// know what config can't: drivers, their settings, fields and globs.
func (c Config) NewProblem(keyPath, message string) Problem {
	place := c.Place(keyPath)
	return Problem{Path: keyPath, File: place.File, Line: place.Line, Column: place.Column, Message: message}
}
