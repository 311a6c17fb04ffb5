package dynamodb

import (
	"bytes"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// lineCutter divides bodies between lines.
type lineCutter struct{}

// Cut returns bodies of at most limit bytes, except for lines that are longer.
func (lineCutter) Cut(body []byte, limit int) []delivery.Batch {
	return delivery.CutLines(body, limit)
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
