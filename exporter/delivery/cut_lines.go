package delivery

import "bytes"

// CutLines cuts a body in which each line is a span, for a [Cutter] of such bodies: into bodies of at
// most limit bytes, except for lines that are longer. None of the body's memory is in the result.
func CutLines(body []byte, limit int) []Batch {
	var all []Batch
	for line := range bytes.Lines(body) {
		last := len(all) - 1
		if last < 0 || len(all[last].Body)+len(line) > limit {
			all = append(all, Batch{Body: bytes.Clone(line), Spans: 1})
			continue
		}
		all[last].Body, all[last].Spans = append(all[last].Body, line...), all[last].Spans+1
	}
	return all
}
