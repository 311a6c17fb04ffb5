package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/tracehook/tracehook/cmd/tracehook/internal/plan"
)

// mostRules bounds how many rules of a connection are shown.
const mostRules = 20

// tables shows both configurations side by side, one connection after the other.
func (p *program) tables(recording *plan.Recording, lacks []string, results []planned) error {
	w := bufio.NewWriter(p.out)
	exact := "exact"
	if len(lacks) > 0 {
		exact = "an estimate"
	}
	_, _ = fmt.Fprintf(w, "%d spans of %s; what follows is %s", recording.Len(), rounded(recording.Duration()), exact)
	for i, text := range lacks {
		_, _ = fmt.Fprintf(w, "%s %s", map[bool]string{true: ", because", false: "\n  and"}[i == 0], text)
	}
	_, _ = fmt.Fprintln(w)
	for _, name := range names(results) {
		_, _ = fmt.Fprintln(w)
		compare(w, name, results, recording.Duration() >= time.Minute)
	}
	return w.Flush()
}

// names returns the connections of all configurations, in their order.
func names(results []planned) (all []string) {
	for _, r := range results {
		for _, c := range r.Connections {
			if !slices.Contains(all, c.Name) {
				all = append(all, c.Name)
			}
		}
	}
	return all
}

// compare shows one connection in each configuration.
func compare(w io.Writer, name string, results []planned, long bool) {
	var conns []*plan.Connection
	heads := []string{"connection " + quoted(name)}
	for _, r := range results {
		at := slices.IndexFunc(r.Connections, func(c *plan.Connection) bool { return c.Name == name })
		if at < 0 {
			conns = append(conns, nil)
		} else {
			conns = append(conns, r.Connections[at])
		}
		heads = append(heads, clipped(r.File))
	}
	var table [][]string
	line := func(cells ...string) { table = append(table, cells) }
	row := func(label string, cell func(c *plan.Connection) string) {
		cells := []string{label}
		for _, c := range conns {
			if c == nil {
				cells = append(cells, "-")
			} else {
				cells = append(cells, cell(c))
			}
		}
		line(cells...)
	}
	line(heads...)
	row("spans kept", func(c *plan.Connection) string { return of(c.Kept, c.Spans) })
	if long { // what is less says nothing about a day
		row("spans a day", func(c *plan.Connection) string { return count(c.SpansPerDay) })
		row("bytes a day", func(c *plan.Connection) string { return size(c.BytesPerDay) })
	}
	row("left out by the limit alone", func(c *plan.Connection) string { return strconv.Itoa(c.Limited) })
	row("failing traces kept whole", func(c *plan.Connection) string { return fmt.Sprintf("%d of %d", c.FailingWhole, c.Failing) })
	row("error of the estimate of all", func(c *plan.Connection) string { return percent(c.Error) })
	row("largest for a common name", func(c *plan.Connection) string { return percent(c.WorstError) })
	rules := rulesOf(conns)
	for _, rule := range rules[:min(len(rules), mostRules)] {
		row("kept by "+clipped(rule), func(c *plan.Connection) string { return decided(c, rule) })
	}
	if len(rules) > mostRules {
		line(fmt.Sprintf("and %d more: --json", len(rules)-mostRules), "", "")
	}
	align(w, table)
}

// align writes cells under each other: the first of a line to the left, the others to the right.
func align(w io.Writer, table [][]string) {
	var widths []int
	for _, cells := range table {
		for i, cell := range cells {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], runewidth.StringWidth(cell))
		}
	}
	for _, cells := range table {
		var line strings.Builder
		for i, cell := range cells {
			space := strings.Repeat(" ", widths[i]-runewidth.StringWidth(cell))
			if i == 0 {
				line.WriteString(cell + space)
			} else {
				line.WriteString("  " + space + cell)
			}
		}
		_, _ = fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

func rulesOf(conns []*plan.Connection) (all []string) {
	for _, c := range conns {
		if c == nil {
			continue
		}
		for _, r := range c.Rules {
			if !slices.Contains(all, r.Name) {
				all = append(all, r.Name)
			}
		}
	}
	return all
}

// decided says what a rule has done on a connection.
func decided(c *plan.Connection, rule string) string {
	for _, r := range c.Rules {
		if r.Name == rule {
			return of(r.Kept, r.Kept+r.LeftOut)
		}
	}
	return "-"
}

// rounded is a duration as a reader wants it: in seconds, or in milliseconds if it has few of them.
func rounded(d time.Duration) time.Duration {
	if d < 10*time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Second)
}

func of(part, all int) string {
	if all == 0 {
		return "0 of 0"
	}
	return fmt.Sprintf("%d of %d, %.3g %%", part, all, 100*float64(part)/float64(all))
}

func percent(share float64) string {
	if math.Abs(share) < 0.00005 {
		return "0 %"
	}
	if math.Abs(share) >= 0.995 { // two digits would be written as 1e+02
		return fmt.Sprintf("%+.0f %%", 100*share)
	}
	return fmt.Sprintf("%+.2g %%", 100*share)
}

func count(n float64) string {
	for _, unit := range []string{"", "k", "M", "G"} {
		if n < 1000 {
			return fmt.Sprintf("%.3g%s", n, unit)
		}
		n /= 1000
	}
	return fmt.Sprintf("%.3gT", n)
}

func size(n float64) string {
	for _, unit := range []string{"B", "KB", "MB", "GB"} {
		if n < 1024 {
			return fmt.Sprintf("%.4g %s", n, unit)
		}
		n /= 1024
	}
	return fmt.Sprintf("%.4g TB", n)
}
