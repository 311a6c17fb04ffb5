package config

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// explain says of syntax errors what a parser can't: that the file is a template, or that a key
// has letters which need quotes.
func explain(data []byte, problems Problems) Problems {
	lines := bytes.Split(data, []byte("\n"))
	for i := range problems {
		p := &problems[i]
		if p.Line == 0 && p.Path == "" { // YAML's "invalid map key" has no line
			for n, line := range lines {
				if bytes.Contains(line, []byte("{{")) {
					p.Line = n + 1
					break
				}
			}
		}
		if p.Line == 0 || p.Line > len(lines) {
			continue
		}
		line := lines[p.Line-1]
		if before, _, template := bytes.Cut(line, []byte("{{")); template {
			p.Column = utf8.RuneCount(before) + 1
			p.Message = "{{ begins a template that was not rendered, as Helm's are: render the file first, or put the value in quotes"
			continue
		}
		if m := bareText.FindSubmatchIndex(line); m != nil && m[2] < m[3] && bytes.IndexByte(line, '"') < 0 {
			if text := string(line[m[2]:m[3]]); text != "true" && text != "false" && text != "inf" && text != "nan" {
				p.Column = utf8.RuneCount(line[:m[2]]) + 1
				p.Message = "a text needs quotes in TOML"
				continue
			}
		}
		if bytes.HasPrefix(line, []byte("\t")) && strings.Contains(p.Message, "cannot start any token") {
			p.Message = "a line is indented by a tab, which YAML doesn't allow; use spaces"
			continue
		}
		if at, key := unquoted(line, p.Column); key != "" {
			p.Column = at
			p.Message = fmt.Sprintf("the key %s has letters that need quotes in TOML: write %q", key, key)
		}
	}
	return problems
}

// bareText is a text without quotes that is the value of a key in TOML.
var bareText = regexp.MustCompile(`^\s*[\w.-]+\s*=\s*([A-Za-z][^#"]*?)\s*(?:#.*)?$`)

// bareKey is a key without quotes at the start of a line, with letters beyond ASCII.
var bareKey = regexp.MustCompile(`^(\s*\[*\s*(?:[\w-]+\s*\.\s*)*)([\w-]*[^\x00-\x7f][\w-]*(?:[^\x00-\x7f][\w-]*)*)\s*[\].=]`)

// unquoted returns the key at the start of a line of TOML that has letters beyond ASCII, if the
// column of the error is in it.
func unquoted(line []byte, column int) (at int, key string) {
	m := bareKey.FindSubmatchIndex(line)
	if m == nil {
		return 0, ""
	}
	first, last := utf8.RuneCount(line[:m[4]])+1, utf8.RuneCount(line[:m[5]])+2
	if column < first || column > last+len(line) {
		return 0, ""
	}
	return first, string(line[m[4]:m[5]])
}
