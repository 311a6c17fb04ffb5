package config

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	goyaml "go.yaml.in/yaml/v3"

	"github.com/tracehook/tracehook/setting"
)

func yamlSyntax() syntax {
	return syntax{unmarshal: yaml.Parser().Unmarshal, locate: locateYAML, problems: yamlProblems}
}

func locateYAML(data []byte, mark func(string, int, int)) Problems {
	document, second, err := decodeYAML(data)
	switch {
	case err != nil:
		problems := yamlProblems(err)
		if line, column, ok := yamlErrorPlace(data, err); ok && len(problems) == 1 {
			problems[0].Line, problems[0].Column = line, column
		}
		return problems
	case !second.IsZero():
		return Problems{{Line: second.Line, Column: second.Column, Message: "a second document; there may be one"}}
	case len(document.Content) == 0:
		return nil
	}
	root := document.Content[0]
	if root.Kind == goyaml.ScalarNode && root.Tag == "!!null" {
		return nil
	}
	if root.Kind != goyaml.MappingNode {
		return Problems{{Line: root.Line, Column: root.Column, Message: "must be a table of keys, such as trace:"}}
	}
	if deep := walkYAML("", root, mark, 0); deep != nil {
		return Problems{{Line: deep.Line, Column: deep.Column, Message: tooDeep()}}
	}
	return nil
}

// decodeYAML returns the first two documents; one that isn't there is zero.
func decodeYAML(data []byte) (first, second goyaml.Node, err error) {
	decoder := goyaml.NewDecoder(bytes.NewReader(data))
	for _, document := range []*goyaml.Node{&first, &second} {
		if err = decoder.Decode(document); errors.Is(err, io.EOF) {
			return first, second, nil
		} else if err != nil {
			return first, second, err
		}
	}
	return first, second, nil
}

// walkYAML marks the keys below node. It doesn't follow aliases, so it visits each node once;
// what an alias brings stands where the alias does. It returns the first node that is too deep.
func walkYAML(path string, node *goyaml.Node, mark func(string, int, int), depth int) *goyaml.Node {
	if depth > maxDepth {
		return node
	}
	switch node.Kind {
	case goyaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			below := setting.Join(path, key.Value)
			mark(below, key.Line, key.Column)
			if deep := walkYAML(below, value, mark, depth+1); deep != nil {
				return deep
			}
		}
	case goyaml.SequenceNode:
		for i, value := range node.Content {
			below := setting.At(path, i)
			mark(below, value.Line, value.Column)
			if deep := walkYAML(below, value, mark, depth+1); deep != nil {
				return deep
			}
		}
	default:
	}
	return nil
}

// yamlProblems turns "yaml: line 3: did not find expected key" into a problem on line 3.
func yamlProblems(err error) Problems {
	var problems Problems
	messages := []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	if e := (*goyaml.TypeError)(nil); errors.As(err, &e) {
		messages = e.Errors
	}
	for _, message := range messages {
		problem := Problem{}
		if rest, ok := strings.CutPrefix(message, "line "); ok {
			number, text, _ := strings.Cut(rest, ": ")
			if line, err := strconv.Atoi(number); err == nil {
				problem.Line, message = line, text
			}
		}
		// What stands between back quotes is an excerpt of the document.
		problem.Message, _, _ = strings.Cut(message, "`")
		problem.Message = strings.TrimSpace(problem.Message)
		problems = append(problems, problem)
	}
	return problems
}
