package query

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// Filter returns a function that says of a record of JSON whether one of its spans may match. What
// it leaves out doesn't match; what it lets pass has to be decoded and asked about. It is much
// faster than decoding. It is for one goroutine at a time; nil if nothing could be left out.
func (q *Query) Filter() func(record []byte) bool {
	if q.root == nil {
		return nil
	}
	f := &filter{}
	if !f.useful(q.root) {
		return nil
	}
	return func(record []byte) bool {
		f.read(record)
		return f.odd || f.may(q.root)
	}
}

// filter looks for texts in records.
type filter struct {
	record []byte
	folded []byte
	odd    bool // letters may be written in another way: nothing can be said
}

// read folds a record of ASCII. Other letters, and any letter as an escape, may fold into ASCII.
func (f *filter) read(record []byte) {
	f.record, f.folded = record, append(f.folded[:0], record...)
	var high byte
	for i, c := range f.folded {
		high |= c
		f.folded[i] = lower[c]
	}
	f.odd = high >= 0x80 || bytes.Contains(record, []byte(`\u`))
}

// lower is how bytes are folded.
//
//nolint:gochecknoglobals // a table that never changes
var lower = func() (table [256]byte) {
	for i := range table {
		table[i] = byte(i)
		if 'A' <= i && i <= 'Z' {
			table[i] += 'a' - 'A'
		}
	}
	return table
}()

// useful says whether a part of the query could leave something out.
func (f *filter) useful(n node) bool {
	switch n := n.(type) {
	case andNode:
		return slices.ContainsFunc(n, f.useful)
	case orNode:
		for _, each := range n {
			if !f.useful(each) {
				return false
			}
		}
		return true
	case *comparison:
		return n.failed() || n.field == fieldDuration || len(n.needle()) > 0
	}
	return false
}

func (f *filter) may(n node) bool {
	switch n := n.(type) {
	case andNode:
		for _, each := range n {
			if !f.may(each) {
				return false
			}
		}
	case orNode:
		return slices.ContainsFunc(n, f.may)
	case *comparison:
		switch {
		case n.failed():
			return mayHaveFailed(f.record)
		case n.field == fieldDuration:
			took, known := durationOf(f.record)
			return !known || n.ordered(took)
		}
		return bytes.Contains(f.folded, n.needle())
	}
	return true
}

// failed says that the term is status:error, which isn't a text of its own.
func (c *comparison) failed() bool {
	return c.field == fieldStatus && c.op == opUsual && string(c.folded) == "error"
}

// needle is a text that each record with a match has, whatever stands around it; nil if there is
// none. Numbers, times and what JSON escapes can be written in more than one way.
func (c *comparison) needle() []byte {
	switch c.field {
	case fieldDuration, fieldStart, fieldEnd, fieldIs:
		return nil
	case fieldTrace, fieldSpan, fieldParent:
		return c.folded
	case fieldKind: // OTLP has a number for it
		return nil
	case attribute:
		best := longestPlain([]byte(longestSegment(c.key)))
		if !c.numeric && c.op <= opContains {
			best = longer(best, c.text())
		}
		return best
	case anywhere:
		const failed = "error"
		if strings.Contains(failed, string(c.folded)) {
			return nil // OTLP has a number for this status
		}
	case fieldStatus:
		if string(c.folded) == "ok" || string(c.folded) == "error" || c.pattern.star() {
			return nil // here, too
		}
	default:
	}
	return c.text()
}

// text is the longest part of the value that JSON has as it is. What could be a number isn't taken:
// JSON has more than one way to write it.
func (c *comparison) text() []byte {
	var best []byte
	for _, part := range c.pattern.parts {
		if run := longestPlain(part); !onlyNumber(run) {
			best = longer(best, run)
		}
	}
	return best
}

func longer(a, b []byte) []byte {
	if len(b) > len(a) {
		return b
	}
	return a
}

// longestSegment is the longest part of a key that is one in JSON, too, where a dot may lead into a
// map.
func longestSegment(k key) string {
	best := ""
	for segment := range strings.SplitSeq(k.plain, ".") {
		for part := range strings.SplitSeq(segment, "*") {
			if len(part) > len(best) {
				best = part
			}
		}
	}
	return best
}

// longestPlain returns the longest run of letters that JSON has as they are.
func longestPlain(text []byte) []byte {
	var best []byte
	for _, run := range bytes.FieldsFunc(text, func(r rune) bool {
		return r < ' ' || r >= 0x7f || r == '"' || r == '\\' || r == '/' || r == '<' || r == '>' || r == '&' || r == '\''
	}) {
		if len(run) > len(best) {
			best = run
		}
	}
	return bytes.ToLower(best)
}

// onlyNumber says that text could be a part of a printed number.
func onlyNumber(text []byte) bool {
	for _, c := range text {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' {
			return false
		}
	}
	return true
}

// mayHaveFailed says whether a record could have a status that isn't ok: each status in it, however
// deep it stands, says ok or nothing, and each code of OTLP is 0 or 1.
func mayHaveFailed(record []byte) bool {
	for _, key := range []string{`"status"`, `"code"`} {
		for rest := record; ; {
			_, after, found := bytes.Cut(rest, []byte(key))
			if !found {
				break
			}
			v, isValue := bytes.CutPrefix(bytes.TrimLeft(after, " \t\r\n"), []byte(":"))
			if rest = after; isValue && !harmless(bytes.TrimLeft(v, " \t\r\n")) {
				return true
			}
		}
	}
	return bytes.Contains(record, []byte("tracehook.status"))
}

// harmless says that a value is ok, 0, 1, or an object, whose own keys are looked at.
func harmless(v []byte) bool {
	for _, ok := range []string{`"ok"`, "{", "null", `""`} {
		if bytes.HasPrefix(v, []byte(ok)) {
			return true
		}
	}
	return len(v) > 1 && (v[0] == '0' || v[0] == '1') && (v[1] < '0' || v[1] > '9') && v[1] != '.' && v[1] != 'e' && v[1] != 'E'
}

// durationOf returns how long the span of a record took, where the record says start and end before
// anything else that has fields, as the driver "file" does.
func durationOf(record []byte) (nanoseconds int64, known bool) {
	start, ok := topNumber(record, `"start_time_unix_nano":`)
	if !ok {
		return 0, false
	}
	end, ok := topNumber(record, `"end_time_unix_nano":`)
	if !ok || start <= 0 || end <= 0 {
		return 0, false
	}
	return max(end-start, 0), true
}

// topNumber returns the whole number of a key that the record has once, and before any brace but the
// first.
func topNumber(record []byte, key string) (int64, bool) {
	before, after, found := bytes.Cut(record, []byte(key))
	if !found || bytes.Count(before, []byte("{")) != 1 || bytes.Contains(after, []byte(key[:len(key)-1])) {
		return 0, false
	}
	digits := 0
	for digits < len(after) && after[digits] >= '0' && after[digits] <= '9' {
		digits++
	}
	if digits == 0 || digits > 18 && after[0] != '1' || digits > 19 || digits == len(after) || after[digits] != ',' && after[digits] != '}' {
		return 0, false
	}
	n, err := strconv.ParseInt(string(after[:digits]), 10, 64)
	return n, err == nil
}
