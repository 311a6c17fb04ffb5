package config

import (
	"bytes"
	"slices"
	"sort"
	"unicode/utf8"
)

// mostSearched bounds the documents that are searched for the place of an error: about twenty
// prefixes of it are parsed.
const mostSearched = 64 << 10

// yamlErrorPlace finds where a document stops being YAML. The parser itself names no column,
// and often the line where the table begins in which the error is. But it reads from front to
// back, so that the shortest beginning with the same error ends where the error is: first the
// line is searched, then the column.
func yamlErrorPlace(data []byte, err error) (line, column int, ok bool) {
	if len(data) > mostSearched {
		return 0, 0, false
	}
	want := err.Error()
	fails := func(n int) bool {
		_, _, err := decodeYAML(data[:n])
		return err != nil && err.Error() == want
	}
	starts := newDocument(data, nil).lines
	ends := append(slices.Clone(starts[1:]), len(data))
	i := sort.Search(len(ends)-1, func(i int) bool { return fails(ends[i]) })
	start := starts[i]
	text := data[start:ends[i]]
	n := sort.Search(len(text), func(n int) bool { return fails(start + n) })
	before := text[:max(0, n-1)]
	if rest := bytes.TrimLeft(before, " "); len(rest) == 0 {
		// Nothing but the indentation is read: what stands behind it is wrong.
		before = text[:len(text)-len(bytes.TrimLeft(text, " "))]
	}
	return i + 1, utf8.RuneCount(before) + 1, true
}
