package main

import (
	"fmt"

	"github.com/tracehook/tracehook/bench/cost"
	"github.com/tracehook/tracehook/docs/figures"
)

// curve is how the cost of a span grows with the number of something.
type curve struct {
	of    string
	at    []int
	lines []line
}

type line struct {
	name string
	load func(n int) cost.Load
}

// growth measures all curves. A load that several have is measured once in a round.
type growth struct {
	curves []curve
	loads  []cost.Load
	times  map[cost.Load][]float64
	failed map[cost.Load]error
}

// newGrowth has the curves that o asks for.
func newGrowth(o options) *growth {
	g := &growth{times: make(map[cost.Load][]float64), failed: make(map[cost.Load]error)}
	for _, c := range curves() {
		if !o.wants("growth", c.of) {
			continue
		}
		g.curves = append(g.curves, c)
		for _, l := range c.lines {
			for _, n := range c.at {
				if load := l.load(n); g.times[load] == nil {
					g.times[load] = []float64{}
					g.loads = append(g.loads, load)
				}
			}
		}
	}
	return g
}

func curves() []curve {
	both := func(change func(l *cost.Load, n int)) []line {
		return []line{
			{"tracehook", loads(false, change)},
			{"OpenTelemetry SDK", loads(true, change)},
		}
	}
	none := func(*cost.Load, int) {}
	return []curve{
		{"connections", []int{1, 2, 4, 8, 16}, both(func(l *cost.Load, n int) { l.Connections = n })},
		{"rules", []int{1, 4, 16, 64, 256}, []line{
			{"tracehook", loads(false, func(l *cost.Load, n int) { l.Rules = n })},
			{"OpenTelemetry SDK, no rules", loads(true, none)},
		}},
		{"attributes", []int{0, 4, 16, 32, 64, 128}, both(func(l *cost.Load, n int) { l.Attributes = n })},
		{"goroutines", []int{1, 4, 16, 64, 256, 1024}, both(func(l *cost.Load, n int) { l.Goroutines = n })},
	}
}

// loads returns the standard load with something changed. Its spans are fewer than a queue holds, so that
// none is lost however busy the machine is.
func loads(sdk bool, change func(l *cost.Load, n int)) func(n int) cost.Load {
	return func(n int) cost.Load {
		l := cost.Standard()
		l.Spans, l.SDK = 10_000, sdk
		change(&l, n)
		return l
	}
}

func (g *growth) measure(round int) {
	for i := range g.loads {
		load := g.loads[(i+round)%len(g.loads)]
		us, err := load.Measure("")
		if err != nil {
			g.failed[load] = err
			continue
		}
		g.times[load] = append(g.times[load], us)
	}
}

// rows returns none: what is measured here is drawn.
func (*growth) rows() []figures.Row { return nil }

func (g *growth) result() (all []figures.Growth, err error) {
	for _, c := range g.curves {
		drawn := figures.Growth{Of: c.of}
		for _, l := range c.lines {
			points := make([]figures.Point, 0, len(c.at))
			for _, n := range c.at {
				load := l.load(n)
				if len(g.times[load]) == 0 {
					return nil, fmt.Errorf("growth in %s: %w", c.of, g.failed[load])
				}
				points = append(points, figures.Point{At: n, Cost: spread(g.times[load])})
			}
			drawn.Lines = append(drawn.Lines, figures.Line{Name: l.name, Points: points})
		}
		all = append(all, drawn)
	}
	return all, nil
}
