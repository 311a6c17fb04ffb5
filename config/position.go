package config

import (
	"bytes"
	"sort"
	"unicode/utf8"
)

// document finds lines and columns in a document, and marks the keys that stand there.
type document struct {
	data  []byte
	lines []int // the offset of each line
	mark  func(path string, line, column int)
}

func newDocument(data []byte, mark func(string, int, int)) document {
	lines := []int{0}
	for i := range bytes.Count(data, []byte("\n")) {
		lines = append(lines, lines[i]+bytes.IndexByte(data[lines[i]:], '\n')+1)
	}
	return document{data, lines, mark}
}

// longLine is where counting characters ends and bytes begin: a file of one long line would
// be read again for each of its keys.
const longLine = 4096

// position returns the line and the column, in characters, of an offset.
func (d document) position(offset int) (line, column int) {
	offset = min(offset, len(d.data))
	line = sort.SearchInts(d.lines, offset+1)
	start := d.lines[line-1]
	if offset-start > longLine {
		return line, 1 + offset - start
	}
	return line, 1 + utf8.RuneCount(d.data[start:offset])
}

// markAt marks the key at path; a negative offset is unknown.
func (d document) markAt(path string, offset int) {
	if offset >= 0 {
		line, column := d.position(offset)
		d.mark(path, line, column)
	}
}

// problem returns a problem at an offset.
func (d document) problem(path string, offset int, message string) Problem {
	line, column := d.position(offset)
	return Problem{Path: path, Line: line, Column: column, Message: message}
}
