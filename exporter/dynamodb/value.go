package dynamodb

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tracehook/tracehook/internal/clip"
)

// value is an attribute value in the form that DynamoDB's JSON has. One field is set.
type value struct {
	S    *string           `json:"S,omitempty"`
	N    string            `json:"N,omitempty"`
	Bool *bool             `json:"BOOL,omitempty"`
	Null bool              `json:"NULL,omitempty"`
	L    *[]value          `json:"L,omitempty"`
	M    *map[string]value `json:"M,omitempty"`
}

func text(s string) value   { return value{S: &s} }
func number(s string) value { return value{N: s} }

func integer(n int64) value { return number(strconv.FormatInt(n, 10)) }

// deepest is how deep values may be nested; DynamoDB takes 32 levels, of which the item is one.
const deepest = 30

// valueOf returns what a decoded JSON value is here. What is nested too deep is its JSON as a text.
func valueOf(v any, depth int) value {
	switch v := v.(type) {
	case string:
		return text(v)
	case bool:
		return value{Bool: &v}
	case json.Number:
		if !holds(v.String()) {
			return text(v.String())
		}
		return number(v.String())
	case []any:
		if depth >= deepest {
			return jsonText(v)
		}
		list := make([]value, len(v))
		for i := range v {
			list[i] = valueOf(v[i], depth+1)
		}
		return value{L: &list}
	case map[string]any:
		if depth >= deepest {
			return jsonText(v)
		}
		table := make(item, len(v))
		for _, name := range sortedKeys(v) { // of two names that become one, always the same comes first
			table.add(name, valueOf(v[name], depth+1))
		}
		m := map[string]value(table)
		return value{M: &m}
	default:
		return value{Null: true}
	}
}

func jsonText(v any) value {
	data, err := json.Marshal(v)
	if err != nil { // it was JSON before
		return value{Null: true}
	}
	return text(string(data))
}

// holds reports that DynamoDB has a number: 0, or one with a magnitude of 1e-130 to just under 1e126.
func holds(n string) bool {
	f, err := strconv.ParseFloat(n, 64)
	f = math.Abs(f)
	return err == nil && (f == 0 || f >= 1e-130 && f < 9.9e125)
}

// item is an item, or a map inside one.
type item map[string]value

// longestName is how many bytes of the name of an attribute are kept; DynamoDB takes 64 KB.
const longestName = 1 << 10

// add puts an attribute into it under a name that it doesn't have yet.
func (it item) add(name string, v value) {
	name = clip.Head(strings.ToValidUTF8(name, "\ufffd"), longestName)
	if _, taken := it[name]; name != "" && !taken {
		it[name] = v
		return
	}
	base := name + "_attribute"
	name = base
	for n := 2; ; n++ {
		if _, taken := it[name]; !taken {
			it[name] = v
			return
		}
		name = base + strconv.Itoa(n)
	}
}

// line returns the item as a line of JSON, as DynamoDB imports it.
func (it item) line() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(struct{ Item item }{it})
	return b.Bytes(), err
}

// readLine returns the item of a line.
func readLine(line []byte) (item, error) {
	var of struct{ Item item }
	err := json.Unmarshal(line, &of)
	return of.Item, err
}

// attributes returns the item as the AWS SDK has it.
func (it item) attributes() map[string]types.AttributeValue {
	m := make(map[string]types.AttributeValue, len(it))
	for name, v := range it {
		m[name] = v.attribute()
	}
	return m
}

func (v value) attribute() types.AttributeValue {
	switch {
	case v.S != nil:
		return &types.AttributeValueMemberS{Value: *v.S}
	case v.N != "":
		return &types.AttributeValueMemberN{Value: v.N}
	case v.Bool != nil:
		return &types.AttributeValueMemberBOOL{Value: *v.Bool}
	case v.L != nil:
		list := make([]types.AttributeValue, len(*v.L))
		for i, inner := range *v.L {
			list[i] = inner.attribute()
		}
		return &types.AttributeValueMemberL{Value: list}
	case v.M != nil:
		return &types.AttributeValueMemberM{Value: item(*v.M).attributes()}
	default:
		return &types.AttributeValueMemberNULL{Value: true}
	}
}
