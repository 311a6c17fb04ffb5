package dynamodb

import (
	"bytes"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// lineCutter divides bodies between lines.
type lineCutter struct{}

// Cut returns bodies of at most limit bytes, but for lines that are longer.
func (lineCutter) Cut(body []byte, limit int) []delivery.Batch {
	var all []delivery.Batch
	for line := range bytes.Lines(body) {
		last := len(all) - 1
		if last < 0 || len(all[last].Body)+len(line) > limit {
			all = append(all, delivery.Batch{Body: bytes.Clone(line), Spans: 1})
			continue
		}
		all[last].Body, all[last].Spans = append(all[last].Body, line...), all[last].Spans+1
	}
	return all
}

// Name returns the name of the span of the first line.
func (lineCutter) Name(body []byte) string {
	line, _, _ := bytes.Cut(body, []byte("\n"))
	it, err := readLine(line)
	if name := it["name"]; err == nil && name.S != nil {
		return *name.S
	}
	return ""
}
