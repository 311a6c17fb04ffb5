// Bench measures the table of docs/benchmarks.md: pairs of ours and what it is compared
// with, run alternately in one process, medians of the ratios. Absolute times of a busy
// machine mean nothing; a ratio of neighbors in time does.
//
//	cd bench && go run .             # all rows
//	cd bench && go run . -run Begin  # the rows whose name contains Begin
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// pair is one row: ours over base. Both do the same amount of work for one b.N.
type pair struct {
	name string
	// target is the most that ours may cost, as a multiple of base.
	target float64
	// allocs is how many allocations more than base ours may make; -1 means it isn't limited.
	allocs     int64
	base, ours func(*testing.B)
}

func main() {
	testing.Init()
	match := flag.String("run", "", "only rows whose name contains this")
	rounds := flag.Int("rounds", 9, "how often each pair is measured")
	flag.Parse()
	if f := flag.Lookup("test.benchtime"); f.Value.String() == f.DefValue {
		_ = flag.Set("test.benchtime", "100ms")
	}
	fmt.Printf("%s %s/%s, %d CPUs, %d rounds\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), *rounds)
	fmt.Println("| what | base ns | ours ns | ratio | quartiles | target | allocations, base and ours |")
	fmt.Println("|---|---|---|---|---|---|---|")
	var pairs []pair
	for _, group := range [][]pair{startPairs(), beginPairs(), endPairs(), floorPairs(), beginFloorPairs(), dropPairs(), headPairs(), overPairs(), rulePairs(), growthPairs(), tracePairs(), filePairs(), deliverPairs()} {
		pairs = append(pairs, group...)
	}
	for _, p := range pairs {
		if strings.Contains(p.name, *match) {
			fmt.Println(measure(p, *rounds))
		}
	}
}

// measure runs base and ours in turn, the first of each round changing, so that neither
// always runs on the machine that the other has warmed.
func measure(p pair, rounds int) string {
	var base, ours, ratios []float64
	var allocs [2]int64
	for i := range rounds {
		first, second := p.base, p.ours
		if i%2 == 1 {
			first, second = second, first
		}
		a, b := testing.Benchmark(first), testing.Benchmark(second)
		if i%2 == 1 {
			a, b = b, a
		}
		if a.N == 0 || b.N == 0 {
			return fmt.Sprintf("| %s | failed | | | | | |", p.name)
		}
		x, y := perOp(a), perOp(b)
		base, ours, ratios = append(base, x), append(ours, y), append(ratios, y/x)
		allocs = [2]int64{a.AllocsPerOp(), b.AllocsPerOp()}
	}
	slices.Sort(ratios)
	ratio := median(ratios)
	verdict := "met"
	if ratio > p.target {
		verdict = "**missed**"
	}
	if p.allocs >= 0 && allocs[1]-allocs[0] > p.allocs {
		verdict = "**missed** (allocations)"
	}
	return fmt.Sprintf("| %s | %.0f | %.0f | **%.2f** | %.2f-%.2f | %.2f %s | %d, %d |", p.name, median(base), median(ours),
		ratio, ratios[len(ratios)/4], ratios[len(ratios)*3/4], p.target, verdict, allocs[0], allocs[1])
}

// cpuMetric is what a benchmark reports that measures the CPU time of the process in place of the time
// that has passed.
const cpuMetric = "cpu-ns/op"

func perOp(r testing.BenchmarkResult) float64 {
	if cpu, ok := r.Extra[cpuMetric]; ok {
		return cpu
	}
	return float64(r.T.Nanoseconds()) / float64(r.N)
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// fail ends a measurement and says why; testing.Benchmark keeps what b.Fatal says to itself.
func fail(b *testing.B, err error) {
	b.Helper()
	fmt.Fprintln(os.Stderr, err)
	b.FailNow()
}
