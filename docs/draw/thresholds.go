package main

import (
	"fmt"

	"github.com/tracehook/tracehook/decision"
)

// drawThresholds shows the randomness of a trace against the thresholds of four
// probabilities.
func drawThresholds() string {
	s := &svg{width: 800, height: 256}
	const left, right, top, row = 120.0, 640.0, 60.0, 38.0
	r := theRandomness()
	at := func(v float64) float64 { return left + (right-left)*v }
	s.text(left, 24, ink, "start", "0")
	s.text(right, 24, ink, "end", "2^56")
	s.text((left+right)/2, 24, ink, "middle", "randomness R: the low 56 bits of the trace id")
	s.line(left, 34, right, 34, ink, "")
	for i, p := range []float64{1, 0.3, 0.1, 0.01} {
		y := top + float64(i)*row
		t := decision.FromProbability(p)
		from := at(1 - t.Probability())
		s.rect(left, y, right-left, 22, shaded)
		s.rect(from, y, right-from, 22, blue)
		s.text(left-10, y+16, ink, "end", fmt.Sprintf("%v %%", p*100))
		verdict, color := "dropped", red
		if t.Keeps(r) {
			verdict, color = fmt.Sprintf("kept, counts %.3g", t.AdjustedCount()), green
		}
		s.text(right+10, y+16, color, "start", verdict)
		if from > left+60 {
			s.text(from-6, y+16, faint, "end", "th:"+t.String())
		}
	}
	x := at(float64(r) / float64(decision.Never))
	s.line(x, 34, x, top+4*row-8, red, ` stroke-width="2"`)
	s.text(x, top+4*row+10, red, "middle", "this trace: R = "+r.String())
	s.text(left, 248, faint, "start", "Blue keeps. Each row is part of the row above: what 1 % keeps, 10 % keeps too.")
	return s.whole("A trace's randomness against the thresholds of 100, 30, 10 and 1 percent")
}
