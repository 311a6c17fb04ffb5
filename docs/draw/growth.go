package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tracehook/tracehook/docs/figures"
)

// drawGrowths returns a picture of each growth that was measured, by its file name.
func drawGrowths(all []figures.Growth) map[string]string {
	drawn := make(map[string]string, len(all))
	for _, g := range all {
		drawn["growth-"+g.Of+".svg"] = drawGrowth(g)
	}
	return drawn
}

// The plot lies between these; to its right is the name of each line.
const (
	plotLeft, plotRight = 56.0, 590.0
	plotTop, plotBottom = 48.0, 250.0
)

// drawGrowth shows what a span costs over the number of something: a line for each contender, with its median
// and the range between its quartiles at each point. Neighbors on the axis are equally far apart.
func drawGrowth(g figures.Growth) string {
	s := &svg{width: 800, height: 306}
	s.bold(16, 24, "CPU time of a span in the whole process, in microseconds, over the number of "+g.Of)
	top := highest(g)
	y := func(us float64) float64 { return plotBottom - (plotBottom-plotTop)*us/top }
	for i := range 5 {
		us := top * float64(i) / 4
		s.line(plotLeft, y(us), plotRight, y(us), shaded, "")
		s.text(plotLeft-8, y(us)+4, faint, "end", fmt.Sprint(us))
	}
	points := g.Lines[0].Points
	x := func(i int) float64 {
		return plotLeft + 24 + (plotRight-plotLeft-48)*float64(i)/float64(len(points)-1)
	}
	for i, p := range points {
		s.text(x(i), plotBottom+26, ink, "middle", strconv.Itoa(p.At))
	}
	s.text((plotLeft+plotRight)/2, plotBottom+46, faint, "middle", g.Of)
	for n, l := range g.Lines {
		color := []string{blue, amber}[n%2]
		for i, p := range l.Points {
			if i > 0 {
				s.line(x(i-1), y(l.Points[i-1].Cost.Median), x(i), y(p.Cost.Median), color, ` stroke-width="2"`)
			}
			s.line(x(i), y(p.Cost.Low), x(i), y(p.Cost.High), color, ` stroke-width="6" stroke-opacity="0.35"`)
			s.add(`<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>`, x(i), y(p.Cost.Median), color)
			at := y(p.Cost.High) - 8
			if lowest(g, i) == n {
				at = y(p.Cost.Low) + 17
			}
			s.text(x(i), at, color, "middle", fmt.Sprintf("%.1f", p.Cost.Median))
		}
	}
	nameLines(s, g, y)
	title := []string{"CPU time of a span over the number of " + g.Of}
	for _, l := range g.Lines {
		first, last := l.Points[0], l.Points[len(l.Points)-1]
		title = append(title, fmt.Sprintf("%s: %.1f us at %d, %.1f us at %d", l.Name, first.Cost.Median, first.At, last.Cost.Median, last.At))
	}
	return s.whole(strings.Join(title, "; "))
}

// nameLines writes the names beside the last points, not over each other.
func nameLines(s *svg, g figures.Growth, y func(float64) float64) {
	order := make([]int, len(g.Lines))
	at := make([]float64, len(g.Lines))
	for n, l := range g.Lines {
		order[n], at[n] = n, y(l.Points[len(l.Points)-1].Cost.Median)+4
	}
	slices.SortFunc(order, func(a, b int) int { return int(math.Copysign(1, at[a]-at[b])) })
	before := math.Inf(-1)
	for _, n := range order {
		before = max(at[n], before+18)
		s.text(plotRight+8, before, []string{blue, amber}[n%2], "start", g.Lines[n].Name)
	}
}

// lowest returns which line is the lowest at a point.
func lowest(g figures.Growth, point int) int {
	low := 0
	for n, l := range g.Lines {
		if l.Points[point].Cost.Median < g.Lines[low].Points[point].Cost.Median {
			low = n
		}
	}
	return low
}

// highest returns the end of the axis, four steps of a round number.
func highest(g figures.Growth) float64 {
	most := 0.0
	for _, l := range g.Lines {
		for _, p := range l.Points {
			most = max(most, p.Cost.High)
		}
	}
	for step := 1.0; ; step *= 10 {
		for _, s := range []float64{1, 1.5, 2, 2.5, 3, 4, 5, 7.5} {
			if top := 4 * step * s; top >= most*1.05 {
				return top
			}
		}
	}
}
