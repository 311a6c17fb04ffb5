package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// IsOTLP reports whether a line of a file is an OTLP message in JSON.
func IsOTLP(line []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(line), []byte(`{"resourceSpans"`))
}

// FromJSON decodes a line of an OTLP file. Fields that it doesn't know are left out.
func FromJSON(line []byte) (*tracepb.TracesData, error) {
	data := new(tracepb.TracesData)
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(line, data); err != nil {
		return nil, fmt.Errorf("not an OTLP message: %w", err)
	}
	// OTLP writes ids in hexadecimal, and protobuf's JSON reads them as base64: encoding such an id as
	// base64 gives its hexadecimal digits back.
	return data, eachID(data, func(id []byte) ([]byte, error) {
		digits := base64.StdEncoding.EncodeToString(id)
		return hex.DecodeString(digits)
	})
}

// ToJSON returns the line of an OTLP file, with its newline.
func ToJSON(data *tracepb.TracesData) ([]byte, error) {
	data = proto.CloneOf(data)
	err := eachID(data, func(id []byte) ([]byte, error) {
		return base64.StdEncoding.DecodeString(hex.EncodeToString(id))
	})
	if err != nil {
		return nil, err
	}
	line, err := protojson.MarshalOptions{UseEnumNumbers: true}.Marshal(data)
	return append(line, '\n'), err
}

// FromProto decodes the body of an OTLP request, such as a file of a spool.
func FromProto(body []byte) (*tracepb.TracesData, error) {
	data := new(tracepb.TracesData) // a request has the same fields
	if err := proto.Unmarshal(body, data); err != nil {
		return nil, errors.New("it is no OTLP request, or damaged")
	}
	return data, nil
}

// Count returns how many spans data has.
func Count(data *tracepb.TracesData) (n int) {
	for range Spans(data) {
		n++
	}
	return n
}

// eachID replaces all ids. An empty one stays.
func eachID(data *tracepb.TracesData, replace func([]byte) ([]byte, error)) error {
	var first error
	set := func(id *[]byte) {
		if len(*id) == 0 {
			return
		}
		replaced, err := replace(*id)
		if err != nil && first == nil {
			first = errors.New("an id is not in hexadecimal")
		}
		*id = replaced
	}
	for s := range Spans(data) {
		set(&s.Span.TraceId)
		set(&s.Span.SpanId)
		set(&s.Span.ParentSpanId)
		for _, l := range s.Span.GetLinks() {
			set(&l.TraceId)
			set(&l.SpanId)
		}
	}
	return first
}
