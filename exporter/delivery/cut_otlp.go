package delivery

import (
	"encoding/json"
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// OTLPCutter returns the Cutter of OTLP requests, in JSON and protobuf.
func OTLPCutter() Cutter {
	return otlpCutter{protobuf: ProtobufCutter(otlpName, 1, 2, 2)} // resource_spans, scope_spans, spans
}

// otlpCutter tells the two kinds by their first byte: no protobuf of ours begins with a brace.
type otlpCutter struct {
	json     jsonCutter
	protobuf Cutter
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

// jsonCutter cuts OTLP in JSON.
type jsonCutter struct{}

// jsonOverhead is the name of a list, with its brackets, braces and commas.
const jsonOverhead = 24

// jsonPath leads to the spans.
var jsonPath = [...]string{"resourceSpans", "scopeSpans", "spans"} //nolint:gochecknoglobals // it isn't changed

// Cut divides a body.
func (c jsonCutter) Cut(body []byte, limit int) []Batch {
	leaves, err := c.leaves(nil, body, nil)
	if err != nil {
		return nil
	}
	groups := group(leaves, limit, jsonOverhead)
	batches := make([]Batch, len(groups))
	for i, g := range groups {
		batches[i] = Batch{Body: c.join(nil, g, 0), Spans: len(g)}
	}
	return batches
}

func (c jsonCutter) leaves(dst []leaf, object []byte, frames []*frame) ([]leaf, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object, &members); err != nil {
		return nil, err
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
	if raw, ok := members[list]; ok {
		if err := json.Unmarshal(raw, &inner); err != nil {
			return nil, err
		}
	}
	for _, item := range inner {
		if len(frames) == len(jsonPath) {
			dst = append(dst, leaf{frames, item})
			continue
		}
		var err error
		if dst, err = c.leaves(dst, item, frames); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

func appendJSONName(dst []byte, name string) []byte {
	quoted, _ := json.Marshal(name) // no text fails
	return append(append(dst, quoted...), ':')
}

func (c jsonCutter) join(dst []byte, leaves []leaf, level int) []byte {
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

// Name reads the name of the first span.
func (c jsonCutter) Name(body []byte) string {
	leaves, err := c.leaves(nil, body, nil)
	if err != nil || len(leaves) == 0 {
		return ""
	}
	var span struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(leaves[0].span, &span) // no name then
	return span.Name
}
