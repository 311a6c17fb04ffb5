package figures

import (
	"fmt"
	"strings"
)

const (
	begin = "<!-- figures: "
	end   = "<!-- end -->"
)

// Fill returns the page with each table of the run at its place: between a line that names it and the
// next line that says end. A place without a table is an error, and so is a table without a place.
func (r Report) Fill(page string) (string, error) {
	texts := map[string]string{"verdict": r.Verdict()}
	for _, t := range r.Tables {
		texts[t.Name] = t.Markdown()
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(page, begin)
		b.WriteString(before)
		if !found {
			break
		}
		name, rest, _ := strings.Cut(rest, " -->\n")
		text, ok := texts[name]
		if !ok {
			return "", fmt.Errorf("the page has a place for %q, which the run doesn't have", name)
		}
		delete(texts, name)
		_, after, ok := strings.Cut(rest, end)
		if !ok {
			return "", fmt.Errorf("the place for %q has no end", name)
		}
		b.WriteString(begin + name + " -->\n" + text + end)
		page = after
	}
	for name := range texts {
		return "", fmt.Errorf("the page has no place for %q", name)
	}
	return b.String(), nil
}

// Verdict says how many targets are missed, and which.
func (r Report) Verdict() string {
	targets := 0
	var missed, failed []string
	for _, t := range r.Tables {
		for _, row := range t.Rows {
			if row.Target > 0 {
				targets++
			}
			switch {
			case row.Failed != "":
				failed = append(failed, row.What)
			case row.Missed():
				missed = append(missed, row.miss())
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s; %d rounds", r.Machine, r.Rounds)
	if r.Load != "" {
		fmt.Fprintf(&b, "; load of the machine before the run: %s", r.Load)
	}
	fmt.Fprintf(&b, ".\n\n**Of %d rows with a target, %d miss it.**", targets, len(missed))
	if len(failed) > 0 {
		fmt.Fprintf(&b, " Not measured: %s.", strings.Join(failed, "; "))
	}
	b.WriteString("\n")
	if len(missed) > 0 {
		b.WriteString("\n| what is missed | compared with | is | target |\n|---|---|---|---|\n")
	}
	for _, line := range missed {
		b.WriteString(line)
	}
	return b.String()
}

func (r Row) miss() string {
	is, bound := fmt.Sprintf("%.2f", r.Ratio.Median), r.bound()
	switch {
	case !r.missesTarget():
		is, bound = fmt.Sprintf("%d allocations", r.Allocs.Ours), fmt.Sprintf("%d allocations", r.Allocs.Base+r.Allocs.More)
	case r.Over == "":
		is, bound = number(r.Ours)+" "+r.Unit, bound+" "+r.Unit
	}
	return fmt.Sprintf("| %s | %s | %s | %s |\n", r.What, r.Over, is, bound)
}
