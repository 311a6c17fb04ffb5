package setting

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	// Path is the key path, such as "trace.greptime.sample.rate"; "" means the whole file. The
	// path of a problem that has no place yet is relative to the table that was read, such as
	// "setting.host" in a connection.
	Path string
	// File, Line and Column are as in [Place].
	File         string
	Line, Column int
	// Message says what is wrong and what would be right. It holds no value from the
	// environment.
	Message string
	// Here says that the problem depends on the machine: a path, a certificate, a variable that
	// isn't set. The same configuration may be right on another one.
	Here bool
}

// Error returns the problem on one line: trace.toml:12:3: trace.file.sample.rate: 1.5 is outside 0..1.
func (p Problem) Error() string {
	place := p.File
	if p.Line > 0 {
		place = strings.TrimPrefix(fmt.Sprintf("%s:%d", place, p.Line), ":")
		if p.Column > 0 {
			place = fmt.Sprintf("%s:%d", place, p.Column)
		}
	}
	parts := slices.DeleteFunc([]string{place, p.Path}, func(s string) bool { return s == "" })
	return strings.Join(append(parts, p.Message), ": ")
}

// Problems are all things that are wrong with a configuration, in the order of the file, but at
// most a thousand. [errors.As] finds the single [Problem] values.
type Problems []Problem

const (
	mostProblems = 1000 // that are kept
	mostPrinted  = 100  // that Error returns
)

// Error returns one line for each problem, at most a hundred.
func (ps Problems) Error() string {
	var b strings.Builder
	for i, p := range ps[:min(len(ps), mostPrinted)] {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.Error())
	}
	if more := len(ps) - mostPrinted; more > 0 {
		fmt.Fprintf(&b, "\nand %d more", more)
	}
	return b.String()
}

// Unwrap returns the single problems.
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}

// Add appends problems while there are fewer than a thousand.
func (ps *Problems) Add(more ...Problem) {
	*ps = append(*ps, more[:min(len(more), max(0, mostProblems-len(*ps)))]...)
}

// Sort puts the problems in the order of the file. Those without a line, such as those of
// environment variables, come last.
func (ps Problems) Sort() {
	sort.SliceStable(ps, func(i, j int) bool {
		a, b := &ps[i], &ps[j]
		return cmp.Or(
			cmp.Compare(min(1, b.Line), min(1, a.Line)),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Path, b.Path),
		) < 0
	})
}
