package main

import (
	"flag"
	"math"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the table in docs/scale.md")

const (
	document = "../scale.md"
	begin    = "<!-- go run ./scale -->\n"
	end      = "<!-- end -->"
)

// The document shows what the program prints.
func TestDocument(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), begin)
	shown, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", document)
	}
	a := assumptions()
	printed := report(a, simulate(a, 1))
	if printed == shown {
		return
	}
	if !*update {
		t.Fatalf("run go test ./scale -update in docs; the program prints:\n%s", printed)
	}
	if err := os.WriteFile(document, []byte(before+begin+printed+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestSimulateIsUnbiased(t *testing.T) {
	t.Parallel()
	a := assumptions()
	a.Traces = 50_000
	for _, a.Rate = range []float64{0.01, 0.1, 0.5, 1} {
		mean, whole := 0.0, 0.0
		const runs = 8
		for seed := range uint64(runs) {
			k := simulate(a, seed)
			mean += k.Estimate / runs
			whole += k.Whole.Estimate / runs
		}
		if math.Abs(mean-1) > 0.05 || math.Abs(whole-1) > 0.05 {
			t.Errorf("rate %v: the estimates are %.3f and %.3f of the truth", a.Rate, mean, whole)
		}
	}
}

func TestSimulateEdges(t *testing.T) {
	t.Parallel()
	a := assumptions()
	a.Traces, a.Rate = 2000, 1
	if k := simulate(a, 1); k.Spans != 1 || k.Traces != 1 || k.WholeErrors != 1 || k.Estimate != 1 {
		t.Errorf("everything kept: %+v", k)
	}
	a.Rate, a.Errors, a.Slow = 0, 0, 0
	if k := simulate(a, 1); k.Spans != 0 || k.Stored != 0 {
		t.Errorf("nothing kept: %+v", k)
	}
}

func TestTiersGrow(t *testing.T) {
	t.Parallel()
	a := assumptions()
	k := simulate(a, 1)
	small, large := a.tiers(1, k), a.tiers(10_000, k)
	if small.Front != 0 || small.Tail != 1 {
		t.Errorf("one process needs %d front and %d tail Collectors", small.Front, small.Tail)
	}
	if full := large.Sent * imbalance(large.Tail) / float64(large.Tail); full > a.TailSpans*a.Headroom {
		t.Errorf("the fullest Collector gets %.0f spans a second", full)
	}
	if i := imbalance(1); math.Abs(i-1) > 1e-9 {
		t.Errorf("one Collector gets %v of the mean", i)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	if err := assumptions().check(); err != nil {
		t.Error(err)
	}
	for _, break1 := range []func(*Assumptions){
		func(a *Assumptions) { a.Rate = 2 }, func(a *Assumptions) { a.Errors = math.NaN() },
		func(a *Assumptions) { a.SpansPerTrace = 0 }, func(a *Assumptions) { a.TailSpans = 0 },
	} {
		a := assumptions()
		break1(&a)
		if a.check() == nil {
			t.Errorf("accepted: %+v", a)
		}
	}
}
