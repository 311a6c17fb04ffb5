package main

import (
	"github.com/tracehook/tracehook/bench/cost"
	"github.com/tracehook/tracehook/docs/figures"
)

// contender is a process whose cost is measured.
type contender struct {
	what   string
	target float64
	load   cost.Load
	asked  bool      // for itself, not only as what others are compared with
	times  []float64 // one a round
	failed string
}

// process measures the contenders in turn, in another order each round.
type process struct {
	contenders []contender
	profile    string
}

// newProcess has the contenders that o asks for, and the one that they are compared with.
func newProcess(o options) *process {
	p := &process{profile: o.profile}
	contenders := processes()
	for i, c := range contenders {
		if o.wants("process", c.what) {
			if i > 0 && len(p.contenders) == 0 {
				p.contenders = append(p.contenders, contenders[0])
			}
			c.asked = true
			p.contenders = append(p.contenders, c)
		}
	}
	return p
}

// asked returns how many contenders were asked for.
func (p *process) asked() (n int) {
	for _, c := range p.contenders {
		if c.asked {
			n++
		}
	}
	return n
}

func (p *process) measure(round int) {
	for i := range p.contenders {
		c := &p.contenders[(i+round)%len(p.contenders)]
		load, profile := c.load, ""
		if c.asked && p.profile != "" {
			load.Spans *= 10 // 100 samples a second of the few percent that it runs
			profile = p.profile
		}
		us, err := load.Measure(profile)
		if err != nil { // of this round; us is 0
			c.failed = err.Error()
		}
		c.times = append(c.times, us)
	}
}

func (p *process) rows() (rows []figures.Row) {
	for _, c := range p.contenders {
		row := figures.Row{What: c.what, Over: "the first row", Unit: "us", Target: c.target}
		var bases, times, ratios []float64
		for round, t := range c.times {
			if base := p.contenders[0].times[round]; base > 0 && t > 0 {
				bases, times, ratios = append(bases, base), append(times, t), append(ratios, t/base)
			}
		}
		row.Base, row.Ours, row.Ratio = spread(bases).Median, spread(times).Median, spread(ratios)
		if 2*len(ratios) <= len(c.times) {
			row.Failed = "in most rounds spans were missing: " + c.failed + p.contenders[0].failed
		}
		rows = append(rows, row)
	}
	return rows
}
