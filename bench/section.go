package main

import (
	"github.com/tracehook/tracehook/bench/cost"
	"github.com/tracehook/tracehook/docs/figures"
)

// section is a table of the page.
type section struct {
	name    string
	sources []source
}

// source measures some rows of a table, once in each round.
type source interface {
	measure(round int)
	rows() []figures.Row
}

// all returns the sections in the order of the page, with what o asks for.
func all(o options) (sections []section) {
	pairs := func(name string, groups ...[]pair) {
		s := section{name: name}
		for _, group := range groups {
			for _, p := range group {
				if o.wants(name, p.name) {
					s.sources = append(s.sources, &p)
				}
			}
		}
		sections = append(sections, s)
	}
	others := func(name string, sources ...source) {
		s := section{name: name}
		for _, source := range sources {
			if a, ok := source.(*absolute); !ok || o.wants(name, a.row.What) {
				s.sources = append(s.sources, source)
			}
		}
		sections = append(sections, s)
	}
	pairs("callers", startPairs(), beginPairs(), beginFloorPairs())
	pairs("end", endPairs(), floorPairs())
	pairs("head", dropPairs(), headPairs(), overPairs())
	pairs("decision", rulePairs())
	pairs("file", filePairs(), deliverPairs())
	peers, written := newPeers(o)
	others("delivered", append(delivered(), written...)...)
	others("process", newProcess(o))
	pairs("spend", spendPairs())
	pairs("stats", statsPairs())
	others("inside", statsTime(), memory("agree", "thresholds agree"), memory("differ", "each connection's threshold differs"))
	pairs("redaction", redactionPairs())
	pairs("traces", tracePairs())
	pairs("peers", besidePeers())
	sections[len(sections)-1].sources = append(sections[len(sections)-1].sources, peers...)
	others("growth", newGrowth(o))
	return sections
}

// processes are the contenders of the whole-process table. All but the first are compared with the first.
func processes() []contender {
	with := func(change func(*cost.Load)) cost.Load {
		l := cost.Standard()
		change(&l)
		return l
	}
	return []contender{
		{what: "SDK, one batcher with otlptracehttp", load: with(func(l *cost.Load) { l.SDK = true })},
		{what: "SDK, four of them", load: with(func(l *cost.Load) { l.SDK, l.Connections = true, 4 })},
		{what: "otlp, one connection", target: 0.80, load: cost.Standard()},
		{what: "otlp, four connections", target: 1.10, load: with(func(l *cost.Load) { l.Connections = 4 })},
		{what: "otlp and file", target: 0.85, load: with(func(l *cost.Load) { l.File = true })},
		{what: "otlp over gRPC", load: with(func(l *cost.Load) { l.GRPC = true })},
		{what: "none", load: with(func(l *cost.Load) { l.Connections = 0 })},
	}
}
