package plan

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Condition is something about a connection that a program in CI is to fail on.
type Condition struct {
	text, connection, metric, operator string
	value                              float64
	share                              bool
}

// metric is a number about a connection, and what its share is of.
type metric struct {
	name string
	of   func(c *Connection) (value, total float64)
}

func metrics() []metric {
	return []metric{
		{"kept", func(c *Connection) (float64, float64) { return float64(c.Kept), float64(c.Spans) }},
		{"left_out", func(c *Connection) (float64, float64) { return float64(c.Spans - c.Kept), float64(c.Spans) }},
		{"limited", func(c *Connection) (float64, float64) { return float64(c.Limited), float64(c.Spans) }},
		{"spans_per_day", func(c *Connection) (float64, float64) { return c.SpansPerDay, 0 }},
		{"bytes_per_day", func(c *Connection) (float64, float64) { return c.BytesPerDay, 0 }},
		{"failing_whole", func(c *Connection) (float64, float64) { return float64(c.FailingWhole), float64(c.Failing) }},
		{"estimate_error", func(c *Connection) (float64, float64) { return math.Abs(c.Error), 1 }},
	}
}

var conditionForm = regexp.MustCompile(`^\s*(.+)\.([a-z_]+)\s*(<=|>=|<|>)\s*(-?[0-9.]+)\s*(%|[kKMGT]i?B?|B)?\s*$`)

// ParseCondition reads something like "backend.kept > 20%", "backend.bytes_per_day > 10GB" or
// "backend.failing_whole < 100%". The connection * is any of them.
func ParseCondition(text string) (Condition, error) {
	parts := conditionForm.FindStringSubmatch(text)
	if parts == nil {
		return Condition{}, fmt.Errorf("%.80q is no condition: write CONNECTION.METRIC > NUMBER, such as 'backend.kept > 20%%'", text)
	}
	c := Condition{text: strings.TrimSpace(text), connection: parts[1], metric: parts[2], operator: parts[3]}
	var err error
	if c.value, err = strconv.ParseFloat(parts[4], 64); err != nil {
		return c, fmt.Errorf("%.80q: %s is no number", text, parts[4])
	}
	var names []string
	for _, m := range metrics() {
		names = append(names, m.name)
	}
	if !slices.Contains(names, c.metric) {
		return c, fmt.Errorf("%.80q: there is no %q, only %s", text, c.metric, strings.Join(names, ", "))
	}
	switch unit := parts[5]; {
	case unit == "%":
		c.share = true
		if strings.HasSuffix(c.metric, "_per_day") {
			return c, fmt.Errorf("%.80q: %s has no share: give a number", text, c.metric)
		}
	case unit != "" && unit != "B":
		c.value *= float64(int64(1) << (10 * (1 + strings.Index("KMGT", strings.ToUpper(unit[:1])))))
	}
	return c, nil
}

// Holds says, in a sentence for each, of which connections of r it is true.
func (c Condition) Holds(r *Result) (sentences []string, err error) {
	known := false
	for _, conn := range r.Connections {
		if c.connection != "*" && c.connection != conn.Name {
			continue
		}
		known = true
		have := c.of(conn)
		if c.is(have) {
			unit := ""
			if c.share {
				unit = " %"
			}
			sentences = append(sentences, fmt.Sprintf("%s: it is %.4g%s on %s", c.text, have, unit, conn.Name))
		}
	}
	if !known {
		return nil, fmt.Errorf("%s: there is no connection %q", c.text, c.connection)
	}
	return sentences, nil
}

func (c Condition) of(conn *Connection) float64 {
	for _, m := range metrics() {
		if m.name == c.metric {
			value, total := m.of(conn)
			switch {
			case c.share && total == 0:
				return 100 // of nothing, all
			case c.share:
				return 100 * value / total
			}
			return value
		}
	}
	return 0
}

func (c Condition) is(have float64) bool {
	switch c.operator {
	case "<":
		return have < c.value
	case "<=":
		return have <= c.value
	case ">":
		return have > c.value
	}
	return have >= c.value
}
