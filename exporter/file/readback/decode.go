package readback

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// decode decodes a record. Whole numbers become int64 where they fit, others float64.
func decode(raw []byte, kind string) (map[string]any, error) {
	if kind == kindYAML {
		return decodeYAML(raw)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var table map[string]any
	if err := d.Decode(&table); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, errors.New("the record is not complete")
		}
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value on a line")
	}
	if table == nil {
		return nil, errors.New("not a JSON object: null")
	}
	for key, value := range table {
		table[key] = plain(value)
	}
	return table, nil
}

// decodeYAML turns a panic of the library on a broken document into an error.
func decodeYAML(raw []byte) (table map[string]any, err error) {
	defer func() {
		if p := recover(); p != nil {
			table, err = nil, fmt.Errorf("not a YAML mapping: %v", p)
		}
	}()
	if err := yaml.Unmarshal(raw, &table); err != nil {
		return nil, fmt.Errorf("not a YAML mapping: %w", err)
	}
	if table == nil {
		return nil, errors.New("not a YAML mapping: the document is empty")
	}
	for key, value := range table {
		table[key] = plain(value)
	}
	return table, nil
}

// plain makes the numbers in a decoded value Go's own.
func plain(value any) any {
	switch value := value.(type) {
	case json.Number:
		if n, err := value.Int64(); err == nil {
			return n
		}
		f, err := value.Float64()
		if err != nil {
			return value.String()
		}
		return f
	case int:
		return int64(value)
	case uint64:
		return float64(value)
	case []any:
		for i := range value {
			value[i] = plain(value[i])
		}
	case map[string]any:
		for key := range value {
			value[key] = plain(value[key])
		}
	}
	return value
}

// whole reads an integer that may be written as text, as OTLP does with 64 bits.
func whole(value any) (int64, bool) {
	switch value := value.(type) {
	case int64:
		return value, true
	case float64:
		return int64(value), value == math.Trunc(value) && math.Abs(value) < 1<<63
	case string:
		n, err := strconv.ParseInt(value, 10, 64)
		return n, err == nil
	}
	return 0, false
}

func asString(value any) string {
	s, _ := value.(string)
	return s
}

func asTable(value any) map[string]any {
	m, _ := value.(map[string]any)
	return m
}

func asList(value any) []any {
	l, _ := value.([]any)
	return l
}
