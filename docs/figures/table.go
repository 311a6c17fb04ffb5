package figures

import (
	"fmt"
	"strings"
)

// Markdown returns the table as the page shows it.
func (t Table) Markdown() string {
	var b strings.Builder
	if t.absolute() {
		b.WriteString("| what | measured | quartiles | target |\n|---|---|---|---|\n")
	} else {
		b.WriteString("| what | cost | compared with | its cost | ratio | quartiles | target | allocations (and its) |\n|---|---|---|---|---|---|---|---|\n")
	}
	for _, r := range t.Rows {
		b.WriteString(r.markdown(t.absolute()))
	}
	return b.String()
}

// absolute reports whether nothing in the table is compared with anything.
func (t Table) absolute() bool {
	for _, r := range t.Rows {
		if r.Over != "" {
			return false
		}
	}
	return true
}

func (r Row) markdown(absolute bool) string {
	switch {
	case r.Failed != "" && absolute:
		return fmt.Sprintf("| %s | **not measured**: %s | | |\n", r.What, r.Failed)
	case r.Failed != "":
		return fmt.Sprintf("| %s | **not measured**: %s | %s | | | | | |\n", r.What, r.Failed, r.Over)
	case absolute:
		return fmt.Sprintf("| %s | %s %s | %s-%s | %s |\n", r.What, number(r.Ours), r.Unit, number(r.Ratio.Low), number(r.Ratio.High), r.verdict())
	}
	allocs := ""
	if r.Allocs != nil {
		allocs = fmt.Sprintf("%d (%d)", r.Allocs.Ours, r.Allocs.Base)
	}
	return fmt.Sprintf("| %s | %s %s | %s | %s %s | **%.2f** | %.2f-%.2f | %s | %s |\n", r.What, number(r.Ours), r.Unit,
		r.Over, number(r.Base), r.Unit, r.Ratio.Median, r.Ratio.Low, r.Ratio.High, r.verdict(), allocs)
}

// verdict is the target and whether it is met, "" where there is none.
func (r Row) verdict() string {
	switch {
	case r.Target == 0:
		return ""
	case r.missesTarget():
		return r.bound() + " **missed**"
	case r.allocatesMore():
		return r.bound() + " **missed** (allocations)"
	default:
		return r.bound() + " met"
	}
}

func (r Row) bound() string {
	switch {
	case r.AtLeast:
		return "at least " + number(r.Target)
	case r.Over == "":
		return number(r.Target)
	default:
		return fmt.Sprintf("%.2f", r.Target)
	}
}

// number has three digits, or all that are before the point.
func number(v float64) string {
	if v >= 100 || v == float64(int(v)) {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// Markdown returns the points of the picture as a table.
func (g Growth) Markdown() string {
	var b strings.Builder
	b.WriteString("| " + g.Of + " |")
	for _, l := range g.Lines {
		b.WriteString(" " + l.Name + ", us |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(g.Lines)) + "\n")
	for i, p := range g.Lines[0].Points {
		fmt.Fprintf(&b, "| %d |", p.At)
		for _, l := range g.Lines {
			c := l.Points[i].Cost
			fmt.Fprintf(&b, " %s (%s-%s) |", number(c.Median), number(c.Low), number(c.High))
		}
		b.WriteString("\n")
	}
	return b.String()
}
