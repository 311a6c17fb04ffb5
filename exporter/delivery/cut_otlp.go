package delivery

import (
	"encoding/json"
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// OTLPCutter returns the Cutter of OTLP requests, in JSON and protobuf.
func OTLPCutter() Cutter {
	return otlpCutter{json: cutter{jsonForm{}}, protobuf: ProtobufCutter(otlpName, 1, 2, 2)} // resource_spans, scope_spans, spans
}

// otlpCutter tells the two kinds by their first byte: no protobuf of ours begins with a brace.
type otlpCutter struct {
	json, protobuf Cutter
}

func (c otlpCutter) of(body []byte) Cutter {
	if len(body) > 0 && body[0] == '{' {
		return c.json
	}
	return c.protobuf
}

// Cut divides a body.
func (c otlpCutter) Cut(body []byte, limit int) []Batch { return c.of(body).Cut(body, limit) }

// Name reads the name of the first span.
func (c otlpCutter) Name(body []byte) string { return c.of(body).Name(body) }

func otlpName(span []byte) (name string) {
	protoFields(span, func(n protowire.Number, kind protowire.Type, value []byte) {
		if n == 5 && kind == protowire.BytesType {
			name, _ = protowire.ConsumeString(value)
		}
	})
	return name
}

// jsonForm is OTLP in JSON.
type jsonForm struct{}

// jsonOverhead is the name of a list, with its brackets, braces and commas.
const jsonOverhead = 24

// jsonPath leads to the spans.
var jsonPath = [...]string{"resourceSpans", "scopeSpans", "spans"} //nolint:gochecknoglobals // it isn't changed

func (c jsonForm) leaves(dst []leaf, object []byte, frames []*frame) ([]leaf, bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil {
		return nil, false
	}
	list := jsonPath[len(frames)]
	f := &frame{}
	frames = append(slices.Clip(frames), f)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if name != list {
			f.rest = append(appendJSONName(f.rest, name), members[name]...)
			f.rest = append(f.rest, ',')
		}
	}
	var inner []json.RawMessage
	if raw, ok := members[list]; ok && json.Unmarshal(raw, &inner) != nil {
		return nil, false
	}
	for _, item := range inner {
		if len(frames) == len(jsonPath) {
			dst = append(dst, leaf{frames, item})
			continue
		}
		var ok bool
		if dst, ok = c.leaves(dst, item, frames); !ok {
			return nil, false
		}
	}
	return dst, true
}

func appendJSONName(dst []byte, name string) []byte {
	quoted, _ := json.Marshal(name) // no text fails
	return append(append(dst, quoted...), ':')
}

func (c jsonForm) join(dst []byte, leaves []leaf, level int) []byte {
	dst = append(dst, '{')
	dst = append(dst, leaves[0].frames[level].rest...)
	dst = append(appendJSONName(dst, jsonPath[level]), '[')
	if level == len(jsonPath)-1 {
		for _, l := range leaves {
			dst = append(append(dst, l.span...), ',')
		}
	} else {
		inside(leaves, level+1, func(leaves []leaf) {
			dst = append(c.join(dst, leaves, level+1), ',')
		})
	}
	dst[len(dst)-1] = ']' // instead of the last comma
	return append(dst, '}')
}

func (jsonForm) spanName(span []byte) string {
	var s struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(span, &s) // no name then
	return s.Name
}

func (jsonForm) overhead() int { return jsonOverhead }
