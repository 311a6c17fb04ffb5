package figures_test

import (
	"strings"
	"testing"

	"github.com/tracehook/tracehook/docs/figures"
)

// The committed run is whole: every row is measured or says why not, and verdicts can't be edited by hand,
// since they are computed.
func TestCommitted(t *testing.T) {
	t.Parallel()
	r, err := figures.Committed()
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, table := range r.Tables {
		for _, row := range table.Rows {
			rows++
			switch {
			case row.What == "" || row.Unit == "":
				t.Errorf("table %s: a row without a name or a unit: %+v", table.Name, row)
			case row.Failed == "" && (row.Ratio.Low > row.Ratio.Median || row.Ratio.Median > row.Ratio.High || row.Ours <= 0):
				t.Errorf("%s: impossible figures: %+v", row.What, row)
			case row.Failed == "" && row.Over != "" && row.Base <= 0:
				t.Errorf("%s: compared with nothing: %+v", row.What, row)
			}
		}
	}
	if rows < 40 {
		t.Errorf("%d rows: the run was cut short", rows)
	}
	ends := map[string][2]int{"connections": {1, 16}, "rules": {1, 256}, "attributes": {0, 128}, "goroutines": {1, 1024}}
	for _, g := range r.Growth {
		for _, l := range g.Lines {
			if got := [2]int{l.Points[0].At, l.Points[len(l.Points)-1].At}; got != ends[g.Of] {
				t.Errorf("growth in %s, %s: from %v, want %v", g.Of, l.Name, got, ends[g.Of])
			}
		}
		delete(ends, g.Of)
	}
	if len(ends) > 0 {
		t.Errorf("not measured: growth in %v", ends)
	}
}

func report() figures.Report {
	at := func(v float64) figures.Spread { return figures.Spread{Low: v - 0.1, Median: v, High: v + 0.1} }
	return figures.Report{Machine: "a machine", Load: "0.10", Rounds: 3, Tables: []figures.Table{
		{Name: "ratios", Rows: []figures.Row{
			{What: "fast", Over: "it", Unit: "ns", Base: 100, Ours: 90, Ratio: at(0.9), Target: 1, Allocs: &figures.Allocs{Base: 2, Ours: 2}},
			{What: "near", Over: "it", Unit: "ns", Base: 100, Ours: 110, Ratio: figures.Spread{Low: 1, Median: 1.104, High: 1.2}, Target: 1.1},
			{What: "slow", Over: "it", Unit: "ns", Base: 100, Ours: 150, Ratio: at(1.5), Target: 1.1},
			{What: "greedy", Over: "it", Unit: "ns", Base: 100, Ours: 90, Ratio: at(0.9), Target: 1, Allocs: &figures.Allocs{Base: 2, Ours: 4, More: 1}},
			{What: "generous", Over: "it", Unit: "ns", Base: 100, Ours: 90, Ratio: at(0.9), Target: 1, Allocs: &figures.Allocs{Base: 2, Ours: 4, More: -1}},
			{What: "free", Over: "it", Unit: "us", Base: 1.234, Ours: 12.34, Ratio: at(10)},
			{What: "gone", Over: "it", Unit: "ns", Target: 1, Failed: "there is none"},
		}},
		{Name: "values", Rows: []figures.Row{
			{What: "whole", Unit: "%", Ours: 100, Ratio: figures.Spread{Low: 100, Median: 100, High: 100}, Target: 100, AtLeast: true},
			{What: "lossy", Unit: "%", Ours: 99, Ratio: figures.Spread{Low: 98, Median: 99, High: 100}, Target: 100, AtLeast: true},
			{What: "away", Unit: "%", Failed: "there is none"},
		}},
	}}
}

const want = `before
<!-- figures: verdict -->
a machine; 3 rounds; load of the machine before the run: 0.10.

**Of 8 rows with a target, 3 miss it.** Not measured: gone; away.

| what is missed | compared with | is | target |
|---|---|---|---|
| slow | it | 1.50 | 1.10 |
| greedy | it | 4 allocations | 3 allocations |
| lossy |  | 99 % | at least 100 % |
<!-- end -->
<!-- figures: ratios -->
| what | cost | compared with | its cost | ratio | quartiles | target | allocations (and its) |
|---|---|---|---|---|---|---|---|
| fast | 90 ns | it | 100 ns | **0.90** | 0.80-1.00 | 1.00 met | 2 (2) |
| near | 110 ns | it | 100 ns | **1.10** | 1.00-1.20 | 1.10 met |  |
| slow | 150 ns | it | 100 ns | **1.50** | 1.40-1.60 | 1.10 **missed** |  |
| greedy | 90 ns | it | 100 ns | **0.90** | 0.80-1.00 | 1.00 **missed** (allocations) | 4 (2) |
| generous | 90 ns | it | 100 ns | **0.90** | 0.80-1.00 | 1.00 met | 4 (2) |
| free | 12.3 us | it | 1.23 us | **10.00** | 9.90-10.10 |  |  |
| gone | **not measured**: there is none | it | | | | | |
<!-- end -->
<!-- figures: values -->
| what | measured | quartiles | target |
|---|---|---|---|
| whole | 100 % | 100-100 | at least 100 met |
| lossy | 99 % | 98-100 | at least 100 **missed** |
| away | **not measured**: there is none | | |
<!-- end -->
after
`

func TestFill(t *testing.T) {
	t.Parallel()
	page := "before\n<!-- figures: verdict -->\nold\n<!-- end -->\n<!-- figures: ratios -->\n<!-- end -->\n<!-- figures: values -->\n<!-- end -->\nafter\n"
	for range 2 { // again: what is filled can be filled
		var err error
		if page, err = report().Fill(page); err != nil {
			t.Fatal(err)
		}
		if page != want {
			t.Fatalf("the page is\n%s\nwant\n%s", page, want)
		}
	}
}

func TestFillRefuses(t *testing.T) {
	t.Parallel()
	whole := "<!-- figures: verdict -->\n<!-- end -->\n<!-- figures: ratios -->\n<!-- end -->\n"
	for page, problem := range map[string]string{
		whole: `no place for "values"`,
		whole + "<!-- figures: values -->\n<!-- end -->\n<!-- figures: other -->\n<!-- end -->\n": `"other", which the run doesn't have`,
		whole + "<!-- figures: values -->\n":                                                      `"values" has no end`,
	} {
		if _, err := report().Fill(page); err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%v, want %q", err, problem)
		}
	}
}

func TestGrowthMarkdown(t *testing.T) {
	t.Parallel()
	line := func(name string, us float64) figures.Line {
		return figures.Line{Name: name, Points: []figures.Point{
			{At: 1, Cost: figures.Spread{Low: us, Median: us, High: us + 1}}, {At: 16, Cost: figures.Spread{Low: 10 * us, Median: 10 * us, High: 10 * us}},
		}}
	}
	got := figures.Growth{Of: "rules", Lines: []figures.Line{line("ours", 2), line("theirs", 3)}}.Markdown()
	if want := "| rules | ours, us | theirs, us |\n|---|---|---|\n| 1 | 2 (2-3) | 3 (3-4) |\n| 16 | 20 (20-20) | 30 (30-30) |\n"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
