package config

import (
	"fmt"
	"regexp"
	"strings"

	goyaml "go.yaml.in/yaml/v3"

	"github.com/tracehook/tracehook/setting"
)

// reference is ${NAME}, ${env:NAME} or ${NAME:-default} in a file of OpenTelemetry's declarative
// configuration; a default ends at the first brace.
var reference = regexp.MustCompile(`\$\{([^}\n]*)\}`)

var referenceInside = regexp.MustCompile(`^(?:env:)?([a-zA-Z_][a-zA-Z0-9_]*)(?::-(.*))?$`)

// substitute replaces references as the specification of declarative configuration says: $$ is a $,
// what is unset or empty becomes its default or nothing, and nothing is replaced twice. It returns
// the first variable that it has read, and the first reference that is none.
func substitute(text string, lookup func(string) (string, bool)) (result, variable, wrong string) {
	parts := strings.Split(text, "$$")
	for i, part := range parts {
		parts[i] = reference.ReplaceAllStringFunc(part, func(match string) string {
			inside := referenceInside.FindStringSubmatch(match[2 : len(match)-1])
			if inside == nil {
				if wrong == "" {
					wrong = match
				}
				return match
			}
			if variable == "" {
				variable = inside[1]
			}
			if value, _ := lookup(inside[1]); value != "" {
				return value
			}
			return inside[2]
		})
	}
	return strings.Join(parts, "$"), variable, wrong
}

// substituteAll replaces the references in all values below node. A value without quotes gets its
// type from what it has become; a reference never makes more than one value.
func (d *decoder) substituteAll(path string, node *goyaml.Node) {
	switch node.Kind {
	case goyaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			d.substituteAll(setting.Join(path, node.Content[i].Value), node.Content[i+1])
		}
	case goyaml.SequenceNode:
		for i, value := range node.Content {
			d.substituteAll(setting.At(path, i), value)
		}
	case goyaml.ScalarNode:
		if !strings.Contains(node.Value, "$") {
			return
		}
		value, variable, wrong := substitute(node.Value, d.lookup)
		if d.expanded += len(value); d.expanded > maxSize {
			d.fail(path, "makes the configuration longer than %d MiB, which none is", maxSize>>20)
			node.Value = ""
			return
		}
		if wrong != "" {
			d.fail(path, "%s", setting.Known(fmt.Sprintf("has the reference %.80s, which names no environment variable; write $$ for a $", wrong)))
		}
		if variable != "" {
			d.SetVariable(path, variable, value)
		}
		node.Value = value
		if node.Style&(goyaml.DoubleQuotedStyle|goyaml.SingleQuotedStyle|goyaml.LiteralStyle|goyaml.FoldedStyle) == 0 {
			node.Tag = "" // to be found again
			if strings.Contains(value, "\n") {
				node.Tag = "!!str"
			}
		}
	default:
	}
}
