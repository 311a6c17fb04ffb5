package main

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/tracehook/tracehook/bench/cpu"
	"github.com/tracehook/tracehook/docs/figures"
)

// pair is one row: ours over base. Both do the same amount of work for one b.N.
type pair struct {
	name, over string
	// target is the most that ours may cost, as a multiple of base; 0 where there is none.
	target float64
	// allocs is how many allocations more than base ours may make; -1 means it isn't limited.
	allocs     int64
	base, ours func(*testing.B)

	bases, costs, ratios []float64
	made                 figures.Allocs
	failed               string
}

// measure runs base and ours in turn, the first of each round changing, so that neither
// always runs on the machine that the other has warmed.
func (p *pair) measure(round int) {
	first, second := p.base, p.ours
	if round%2 == 1 {
		first, second = second, first
	}
	a, b := testing.Benchmark(first), testing.Benchmark(second)
	if round%2 == 1 {
		a, b = b, a
	}
	if a.N == 0 || b.N == 0 {
		p.failed = "it failed, see above"
		return
	}
	p.add(perOp(a), perOp(b), figures.Allocs{Base: a.AllocsPerOp(), Ours: b.AllocsPerOp(), More: p.allocs})
}

func (p *pair) add(base, ours float64, made figures.Allocs) {
	p.bases, p.costs, p.ratios = append(p.bases, base), append(p.costs, ours), append(p.ratios, ours/base)
	p.made = made
}

func (p *pair) rows() []figures.Row {
	row := figures.Row{What: p.name, Over: p.over, Unit: "ns", Target: p.target, Failed: p.failed}
	if p.failed == "" {
		row.Base, row.Ours, row.Ratio, row.Allocs = spread(p.bases).Median, spread(p.costs).Median, spread(p.ratios), &p.made
	}
	return []figures.Row{row}
}

// absolute is a row that is compared with nothing but its target.
type absolute struct {
	row    figures.Row
	once   func() (float64, error)
	values []float64
}

func (a *absolute) measure(int) {
	if a.row.Failed != "" {
		return
	}
	v, err := a.once()
	if err != nil {
		a.row.Failed = err.Error()
		return
	}
	a.values = append(a.values, v)
}

func (a *absolute) rows() []figures.Row {
	if a.row.Failed == "" {
		a.row.Ratio = spread(a.values)
		a.row.Ours = a.row.Ratio.Median
	}
	return []figures.Row{a.row}
}

// cpuMetric is what a benchmark reports that measures the CPU time of the process in place of the time
// that has passed.
const cpuMetric = "cpu-ns/op"

func perOp(r testing.BenchmarkResult) float64 {
	if spent, ok := r.Extra[cpuMetric]; ok {
		return spent
	}
	return float64(r.T.Nanoseconds()) / float64(r.N)
}

// busy runs all of b.N and reports the CPU time of the process, which does nothing else meanwhile: what others
// do on the machine isn't in it, as it is in the time that passes.
func busy(b *testing.B, all func()) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu.Time()
	all()
	b.ReportMetric(float64((cpu.Time()-before).Nanoseconds())/float64(b.N), cpuMetric)
}

// spread returns the median and the quartiles.
func spread(v []float64) figures.Spread {
	if len(v) == 0 {
		return figures.Spread{}
	}
	v = slices.Sorted(slices.Values(v))
	return figures.Spread{Low: v[len(v)/4], Median: v[len(v)/2], High: v[len(v)*3/4]}
}

// fail ends a measurement and says why; testing.Benchmark keeps what b.Fatal says to itself.
func fail(b *testing.B, err error) {
	b.Helper()
	fmt.Fprintln(os.Stderr, err)
	b.FailNow()
}
