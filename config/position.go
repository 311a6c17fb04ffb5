package config

import (
	"sort"
	"unicode/utf8"
)

// lineStarts returns the offset of each line.
func lineStarts(data []byte) []int {
	starts := []int{0}
	for i, c := range data {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// longLine is where counting characters ends and bytes begin: a file of one long line would
// be read again for each of its keys.
const longLine = 4096

// position returns the line and the column, in characters, of an offset.
func position(data []byte, lines []int, offset int) (line, column int) {
	offset = min(offset, len(data))
	line = sort.SearchInts(lines, offset+1)
	start := lines[line-1]
	if offset-start > longLine {
		return line, 1 + offset - start
	}
	return line, 1 + utf8.RuneCount(data[start:offset])
}
