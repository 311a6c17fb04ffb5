// Package figures is what a run of the benchmarks has measured: as a file, and as the tables of
// docs/benchmarks.md. The run is `make bench-all`; docs/draw draws the pictures of its growth.
package figures

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
)

// Report is one run.
type Report struct {
	Machine string // Go, platform, processors, OpenTelemetry SDK
	Load    string // of the machine before the run, "" where it isn't known
	Rounds  int
	Tables  []Table
	Growth  []Growth
}

// Table is what the page shows at the place of this name.
type Table struct {
	Name string
	Rows []Row
}

// Row is what was measured of one thing: the medians of all rounds.
type Row struct {
	What string
	Over string `json:",omitempty"` // what it is compared with; "" where nothing is, and Cost is absolute
	Unit string // of Base, and of Ours
	Base float64
	Ours float64
	// Ratio is of ours over base, round by round; of Ours itself where there is no Over.
	Ratio   Spread
	Target  float64 `json:",omitempty"` // of Ratio; 0 where there is none
	AtLeast bool    `json:",omitempty"` // Target is a lower bound
	Allocs  *Allocs `json:",omitempty"`
	Failed  string  `json:",omitempty"` // why nothing was measured
}

// Allocs is how many allocations an operation makes. More is how many more than Base's Ours may be; -1
// where it isn't limited.
type Allocs struct{ Base, Ours, More int64 }

// Spread is a median between its quartiles.
type Spread struct{ Low, Median, High float64 }

// Growth is how a cost grows with the number of something. Its lines have the same points.
type Growth struct {
	Of    string // what there is more of: connections
	Lines []Line
}

// Line is one contender.
type Line struct {
	Name   string
	Points []Point
}

// Point is microseconds of CPU time of a span where there are At of something.
type Point struct {
	At   int
	Cost Spread
}

//go:embed benchmarks.json
var committed []byte

// Committed returns the run that docs/benchmarks.md shows.
func Committed() (Report, error) {
	var r Report
	if err := json.Unmarshal(committed, &r); err != nil {
		return Report{}, fmt.Errorf("docs/figures/benchmarks.json: %w", err)
	}
	return r, nil
}

// Missed reports whether the row has a target that it misses.
func (r Row) Missed() bool {
	return r.Failed == "" && (r.missesTarget() || r.allocatesMore())
}

// missesTarget compares a ratio as it is shown, with two digits: no run is more precise.
func (r Row) missesTarget() bool {
	is := r.Ratio.Median
	if r.Over != "" {
		is = math.Round(100*is) / 100
	}
	switch {
	case r.Target == 0:
		return false
	case r.AtLeast:
		return is < r.Target
	default:
		return is > r.Target
	}
}

func (r Row) allocatesMore() bool {
	return r.Allocs != nil && r.Allocs.More >= 0 && r.Allocs.Ours-r.Allocs.Base > r.Allocs.More
}
