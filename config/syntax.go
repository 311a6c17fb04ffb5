package config

import (
	"fmt"
	"strings"
)

// syntax is what the three formats differ in.
type syntax struct {
	unmarshal func(data []byte) (map[string]any, error)
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

func tooMany() string {
	return fmt.Sprintf("has more than %d keys and values, which no configuration has", maxKeys)
}

// parseAny returns what the document says, whoever's words it uses.
func (d *decoder) parseAny(format string, s syntax, data []byte) (map[string]any, Problems) {
	if isDeclarative(format, data) {
		return d.parseDeclarative(data)
	}
	return d.parse(s, data)
}

// parse returns what this package reads of a document, in types that don't depend on the
// format, and notes the place of each key.
func (d *decoder) parse(s syntax, data []byte) (document map[string]any, problems Problems) {
	defer func() {
		if r := recover(); r != nil { // no parser should panic
			document, problems = nil, Problems{{Message: "can't be read: its parser gave up"}}
		}
	}()
	keys := 0
	problems = s.locate(data, func(path string, line, column int) {
		keys++
		if isOurs(path) {
			d.SetLine(path, line, column)
		}
	})
	if keys > maxKeys {
		problems = append(problems, Problem{Message: tooMany()})
	}
	if len(problems) > 0 {
		return nil, explain(data, problems)
	}
	m, err := s.unmarshal(data)
	if err != nil {
		return nil, explain(data, s.problems(err))
	}
	return d.normalize(m), nil
}

// isOurs reports that a key path is at the top of the document, or in a section of ours.
func isOurs(path string) bool {
	return !strings.ContainsAny(path, ".[") || strings.HasPrefix(path, "trace.") || strings.HasPrefix(path, "otel.") ||
		strings.HasPrefix(path, `"trace.`) || strings.HasPrefix(path, `"otel.`)
}
