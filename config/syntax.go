package config

import (
	"fmt"
	"strings"

	"github.com/knadh/koanf/v2"
)

// syntax is what the three formats differ in.
type syntax struct {
	koanf.Parser
	// locate calls mark for each key of the document, and says what the parser wouldn't.
	locate func(data []byte, mark func(path string, line, column int)) Problems
	// problems turns an error of the parser into problems, without quoting the document.
	problems func(err error) Problems
}

func syntaxOf(format string) (syntax, bool) {
	switch strings.ToLower(strings.TrimPrefix(format, ".")) {
	case "toml":
		return tomlSyntax(), true
	case "yaml", "yml":
		return yamlSyntax(), true
	case "json":
		return jsonSyntax(), true
	}
	return syntax{}, false
}

// maxDepth is how deep tables and lists may nest. A configuration needs 7; the bound keeps
// recursion and key paths small.
const maxDepth = 32

// maxKeys is how many keys and list elements a document may have. The time that a TOML parser
// takes grows with the square of the keys in a table.
const maxKeys = 20_000

func tooDeep() string {
	return fmt.Sprintf("tables and lists are nested more than %d levels deep", maxDepth)
}

// locate notes the place of each key of the document.
func (d *decoder) locate(s syntax, data []byte) (problems Problems) {
	defer recovered(&problems)
	keys := 0
	problems = s.locate(data, func(path string, line, column int) {
		keys++
		if isOurs(path) {
			d.SetLine(path, line, column)
		}
	})
	if keys > maxKeys {
		problems = append(problems, Problem{Message: fmt.Sprintf("has more than %d keys and values, which no configuration has", maxKeys)})
	}
	return problems
}

// isOurs reports that a key path is at the top of the document, or in a section of ours.
func isOurs(path string) bool {
	return !strings.ContainsAny(path, ".[") || strings.HasPrefix(path, "trace.") || strings.HasPrefix(path, "otel.")
}

// recovered turns a panic of a parser, which none should have, into a problem.
func recovered(problems *Problems) {
	if r := recover(); r != nil {
		*problems = Problems{{Message: "can't be read: its parser gave up"}}
	}
}

// parser is a koanf parser whose result is cut down to what this package reads, in types
// that don't depend on the format.
type parser struct {
	syntax
	d *decoder
}

// Unmarshal parses data.
func (p parser) Unmarshal(data []byte) (m map[string]any, err error) {
	var problems Problems
	func() {
		defer recovered(&problems)
		m, err = p.Parser.Unmarshal(data)
	}()
	if len(problems) > 0 {
		return nil, problems
	}
	if err != nil {
		return nil, err
	}
	return p.d.normalize(m), nil
}
