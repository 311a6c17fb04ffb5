package plan

import (
	"cmp"
	"math"
	"slices"

	"go.opentelemetry.io/otel/trace"
)

// Result is what a configuration would have kept.
type Result struct {
	Connections []*Connection `json:"connections"`
	replay      *replay
}

// Connection is what one connection would have kept.
type Connection struct {
	Name   string `json:"connection"`
	Driver string `json:"driver"`
	// Spans and Kept are counts of spans; Limited of those that only the limit has left out, where that
	// is known. Bytes is what is written of those kept.
	Spans   int   `json:"spans"`
	Kept    int   `json:"kept"`
	Limited int   `json:"limited,omitempty"`
	Bytes   int64 `json:"bytes"`
	// SpansPerDay and BytesPerDay are Kept and Bytes at the pace of the recording.
	SpansPerDay float64 `json:"spans_per_day"`
	BytesPerDay float64 `json:"bytes_per_day"`
	// Rules says by what spans were kept and left out.
	Rules []Rule `json:"rules"`
	// Failing counts the traces with an error, FailingWhole those of them of which all is kept.
	Failing      int `json:"failing_traces"`
	FailingWhole int `json:"failing_traces_whole"`
	// Estimate is what a reader concludes from the weights about Spans, and Error how far that is
	// from the truth. WorstError is the largest for a name that has a hundredth of the spans.
	Estimate   float64 `json:"estimate"`
	Error      float64 `json:"estimate_error"`
	WorstError float64 `json:"worst_error,omitempty"`
	WorstName  string  `json:"worst_name,omitempty"`

	capture *capture
}

// Rule is what one rule, or another reason, has decided.
type Rule struct {
	Name    string `json:"rule"`
	Kept    int    `json:"kept"`
	LeftOut int    `json:"left_out"`
}

// Keeps reports whether a connection keeps a span.
func (c *Connection) Keeps(traceID trace.TraceID, id trace.SpanID) bool {
	at, ok := c.capture.replay.index[key{traceID, id}]
	return ok && c.capture.kept[at] >= 0
}

// result sums up. All Bridges have shut down.
func (p *replay) result() *Result {
	bytes := make(map[*capture]int64)
	for _, e := range p.exporters {
		bytes[e.capture] += e.bytes
		for _, f := range e.found {
			e.kept[f.at], e.weights[f.at] = e.word(f.rule), f.weight
		}
	}
	r := &Result{replay: p}
	for _, name := range p.order {
		c := p.captures[name]
		r.Connections = append(r.Connections, c.sum(bytes[c]))
	}
	return r
}

func (c *capture) sum(bytes int64) *Connection {
	all := &Connection{Name: c.cfg.Name, Driver: c.cfg.Driver, Spans: len(c.kept), Bytes: bytes, capture: c}
	rules := make([]Rule, len(c.names))
	failing, broken := make(map[trace.TraceID]bool), make(map[trace.TraceID]bool)
	truth, estimate := make(map[string]float64), make(map[string]float64)
	for i := range c.kept {
		s := &c.replay.spans[i]
		truth[s.GetName()]++
		if s.failed() {
			failing[s.trace] = true
		}
		if by := c.kept[i]; by >= 0 {
			all.Kept++
			rules[by].Kept++
			all.Estimate += c.weights[i]
			estimate[s.GetName()] += c.weights[i]
			continue
		}
		rules[c.judged[i]].LeftOut++
		broken[s.trace] = true
		if c.refused[i] {
			all.Limited++
		}
	}
	for id := range failing {
		if all.Failing++; !broken[id] {
			all.FailingWhole++
		}
	}
	for i := range rules {
		if rules[i].Name = c.names[i]; rules[i].Kept+rules[i].LeftOut > 0 {
			all.Rules = append(all.Rules, rules[i])
		}
	}
	slices.SortFunc(all.Rules, func(a, b Rule) int {
		return cmp.Or(cmp.Compare(b.Kept+b.LeftOut, a.Kept+a.LeftOut), cmp.Compare(a.Name, b.Name))
	})
	all.errors(truth, estimate)
	if day := c.replay.Duration().Hours() / 24; day > 0 {
		all.SpansPerDay, all.BytesPerDay = float64(all.Kept)/day, float64(all.Bytes)/day
	}
	return all
}

// errors says how far estimates are from the truth.
func (c *Connection) errors(truth, estimate map[string]float64) {
	if c.Spans == 0 {
		return
	}
	c.Error = c.Estimate/float64(c.Spans) - 1
	for name, n := range truth {
		if off := estimate[name]/n - 1; n >= float64(c.Spans)/100 &&
			(math.Abs(off) > math.Abs(c.WorstError) || math.Abs(off) == math.Abs(c.WorstError) && name < c.WorstName) {
			c.WorstName, c.WorstError = name, off
		}
	}
}
