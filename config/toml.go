package config

import (
	"bytes"
	"errors"
	"strings"

	"github.com/knadh/koanf/parsers/toml/v2"
	gotoml "github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/tracehook/tracehook/setting"
)

func tomlSyntax() syntax {
	return syntax{
		unmarshal: toml.Parser().Unmarshal,
		locate: func(data []byte, mark func(string, int, int)) Problems {
			w := tomlWalk{document: newDocument(data, mark), lists: make(map[string]int)}
			return w.walk()
		},
		problems: tomlProblems,
	}
}

// tomlProblems uses only the message: the error's String quotes the lines around it.
func tomlProblems(err error) Problems {
	problem := Problem{Message: strings.TrimPrefix(err.Error(), "toml: ")}
	if e := (*gotoml.DecodeError)(nil); errors.As(err, &e) {
		problem.Line, problem.Column = e.Position()
	}
	return Problems{problem}
}

// tomlWalk finds the places of keys in a TOML document.
type tomlWalk struct {
	document
	parser unstable.Parser
	lists  map[string]int // [[path]] -> how many so far
}

func (w *tomlWalk) walk() Problems {
	w.parser.Reset(w.data)
	table := ""
	for w.parser.NextExpression() {
		expression := w.parser.Expression()
		ok := true
		switch expression.Kind {
		case unstable.Table:
			table, ok = w.keys("", expression.Key(), 0)
		case unstable.ArrayTable:
			if table, ok = w.keys("", expression.Key(), 0); ok {
				n := w.lists[table]
				w.lists[table]++
				element := setting.At(table, n)
				w.markAt(element, w.first(expression.Key()))
				table = element
			}
		case unstable.KeyValue:
			ok = w.keyValue(table, expression, strings.Count(table, "."))
		default:
		}
		if !ok {
			return Problems{w.problem("", w.first(expression.Key()), tooDeep())}
		}
	}
	return nil // a syntax error is reported by the parser itself, which says it better
}

// keys marks each part of a dotted key below path and returns the whole path. Parts that
// name a list of tables mean its last element.
func (w *tomlWalk) keys(path string, key unstable.Iterator, depth int) (string, bool) {
	for key.Next() {
		if depth++; depth > maxDepth {
			return "", false
		}
		if n := w.lists[path]; n > 0 {
			path = setting.At(path, n-1)
		}
		path = setting.Join(path, string(key.Node().Data))
		w.markAt(path, int(key.Node().Raw.Offset))
	}
	return path, true
}

func (w *tomlWalk) keyValue(table string, node *unstable.Node, depth int) bool {
	path, ok := w.keys(table, node.Key(), depth)
	return ok && w.value(path, node.Value(), depth+1)
}

func (w *tomlWalk) value(path string, node *unstable.Node, depth int) bool {
	if depth > maxDepth {
		return false
	}
	if node.Kind != unstable.Array && node.Kind != unstable.InlineTable {
		return true
	}
	i := 0
	for children := node.Children(); children.Next(); {
		child := children.Node()
		switch {
		case node.Kind == unstable.InlineTable:
			if !w.keyValue(path, child, depth) {
				return false
			}
		case child.Kind != unstable.Comment:
			element := setting.At(path, i)
			i++
			w.markAt(element, w.start(child))
			if !w.value(element, child, depth+1) {
				return false
			}
		}
	}
	return true
}

// start returns the offset of a value, or -1. Tables and lists have none of their own: they
// start at the bracket before their first child.
func (w *tomlWalk) start(node *unstable.Node) int {
	bracket := "{"
	switch node.Kind {
	case unstable.InlineTable:
	case unstable.Array:
		bracket = "["
	default:
		return int(node.Raw.Offset)
	}
	child := node.Child()
	offset := -1
	switch {
	case !child.Valid():
	case child.Kind == unstable.KeyValue:
		offset = w.first(child.Key())
	default:
		offset = w.start(child)
	}
	if offset < 0 {
		return -1
	}
	if before := bytes.TrimRight(w.data[:offset], " \t\r\n"); bytes.HasSuffix(before, []byte(bracket)) {
		return len(before) - 1
	}
	return offset
}

func (*tomlWalk) first(key unstable.Iterator) int {
	if !key.Next() {
		return 0
	}
	return int(key.Node().Raw.Offset)
}
