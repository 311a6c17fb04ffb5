package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/tracehook/tracehook/setting"
)

func jsonSyntax() syntax {
	return syntax{unmarshal: unmarshalJSON, locate: locateJSON, problems: problemOf}
}

// unmarshalJSON parses data, which [locateJSON] has found to be one JSON object.
func unmarshalJSON(data []byte) (map[string]any, error) {
	v, err := decodeJSON(data)
	m, _ := v.(map[string]any)
	return m, err
}

// decodeJSON keeps numbers as they are written: as float64 they would lose digits.
func decodeJSON(data []byte) (v any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	err = decoder.Decode(&v)
	return v, err
}

func problemOf(err error) Problems { return Problems{{Message: err.Error()}} }

func locateJSON(data []byte, mark func(string, int, int)) Problems {
	w := jsonWalk{document: newDocument(data, mark), decoder: json.NewDecoder(bytes.NewReader(data))}
	w.decoder.UseNumber()
	start := w.next()
	token, err := w.decoder.Token()
	if err != nil {
		return w.syntax(err)
	}
	if token != json.Delim('{') {
		return Problems{w.problem("", start, "must be a table of keys, such as {\"trace\": {}}")}
	}
	if err := w.object("", 0); err != nil {
		return w.syntax(err)
	}
	start = w.next()
	if _, err := w.decoder.Token(); !errors.Is(err, io.EOF) {
		return Problems{w.problem("", start, "something follows the end of the document")}
	}
	return w.problems
}

// jsonWalk finds the places of keys in a JSON document, and keys that are there twice.
type jsonWalk struct {
	document
	decoder  *json.Decoder
	problems Problems
}

// next returns the offset of the next token.
func (w *jsonWalk) next() int {
	offset := int(w.decoder.InputOffset())
	for offset < len(w.data) && bytes.IndexByte([]byte(" \t\r\n,:"), w.data[offset]) >= 0 {
		offset++
	}
	return offset
}

func (w *jsonWalk) object(path string, depth int) error {
	seen := make(map[string]bool)
	for w.decoder.More() {
		start := w.next()
		token, err := w.decoder.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		below := setting.Join(path, key)
		if seen[key] {
			w.problems = append(w.problems, w.problem(below, start, "is there twice"))
		}
		seen[key] = true
		w.markAt(below, start)
		if err := w.value(below, depth+1); err != nil {
			return err
		}
	}
	_, err := w.decoder.Token()
	return err
}

func (w *jsonWalk) list(path string, depth int) error {
	for i := 0; w.decoder.More(); i++ {
		below := setting.At(path, i)
		w.markAt(below, w.next())
		if err := w.value(below, depth+1); err != nil {
			return err
		}
	}
	_, err := w.decoder.Token()
	return err
}

func (w *jsonWalk) value(path string, depth int) error {
	start := w.next()
	if depth > maxDepth {
		return Problems{w.problem("", start, tooDeep())}
	}
	token, err := w.decoder.Token()
	switch {
	case err != nil:
		return err
	case token == json.Delim('{'):
		return w.object(path, depth)
	case token == json.Delim('['):
		return w.list(path, depth)
	}
	return nil
}

func (w *jsonWalk) syntax(err error) Problems {
	if problems, ok := errors.AsType[Problems](err); ok {
		return problems
	}
	offset := int(w.decoder.InputOffset())
	message := err.Error()
	if e := (*json.SyntaxError)(nil); errors.As(err, &e) {
		offset = max(0, int(e.Offset)-1)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		offset, message = len(w.data), "the document ends too early"
	}
	return Problems{w.problem("", offset, message)}
}
