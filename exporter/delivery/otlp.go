package delivery

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// OTLPSuccess reads the body of a 2xx answer of an OTLP receiver. An empty one is a full
// success. One that can't be read is a refusal: nobody knows what was stored, and asking
// again could store it twice.
func OTLPSuccess(b Batch, contentType string, body []byte) Verdict {
	if len(body) == 0 {
		return Verdict{}
	}
	var answer partialSuccess
	var ok bool
	switch media, _, _ := mime.ParseMediaType(contentType); media {
	case "application/x-protobuf", "application/protobuf":
		ok = answer.readProto(body)
	case "application/json":
		ok = answer.readJSON(body)
	case "text/html":
		return Verdict{Outcome: Refused, Err: errors.New("answered with a web page: this is no OTLP receiver, check host, port and path")}
	default:
		return Verdict{} // some small receivers answer "ok"
	}
	if !ok {
		return Verdict{Outcome: Refused, Uncertain: true, Err: fmt.Errorf("said yes, but the rest of the answer (%d bytes of %s) can't be read", len(body), contentType)}
	}
	return deliveredBut(b.Spans, answer.rejected, answer.message)
}

// partialSuccess is all that an ExportTraceServiceResponse can hold. Its message type would
// link a gateway for HTTP into every program.
type partialSuccess struct {
	message  string
	rejected int64
}

func (p *partialSuccess) readProto(body []byte) bool {
	inner := true
	outer := protoFields(body, func(number protowire.Number, kind protowire.Type, value []byte) {
		if number != 1 || kind != protowire.BytesType {
			return
		}
		message, _ := protowire.ConsumeBytes(value)
		inner = protoFields(message, func(number protowire.Number, kind protowire.Type, value []byte) {
			switch {
			case number == 1 && kind == protowire.VarintType:
				n, _ := protowire.ConsumeVarint(value)
				p.rejected = int64(n) // two's complement, as protobuf has it
			case number == 2 && kind == protowire.BytesType:
				p.message, _ = protowire.ConsumeString(value)
			}
		})
	})
	return outer && inner
}

// protoFields calls each for every field of a message, and reports whether it is one.
func protoFields(message []byte, each func(protowire.Number, protowire.Type, []byte)) bool {
	for len(message) > 0 {
		number, kind, tag := protowire.ConsumeTag(message)
		if tag < 0 {
			return false
		}
		size := protowire.ConsumeFieldValue(number, kind, message[tag:])
		if size < 0 {
			return false
		}
		each(number, kind, message[tag:tag+size])
		message = message[tag+size:]
	}
	return true
}

// readJSON takes both spellings of protobuf's JSON, and numbers as text, as protobuf writes
// those of 64 bits.
func (p *partialSuccess) readJSON(body []byte) bool {
	type partial struct {
		Rejected      json.Number `json:"rejectedSpans"`
		RejectedSnake json.Number `json:"rejected_spans"`
		Message       string      `json:"errorMessage"`
		MessageSnake  string      `json:"error_message"`
	}
	var answer struct {
		Partial      partial `json:"partialSuccess"`
		PartialSnake partial `json:"partial_success"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return false
	}
	a, b := answer.Partial, answer.PartialSnake
	p.message = cmp.Or(a.Message, a.MessageSnake, b.Message, b.MessageSnake)
	rejected, err := cmp.Or(a.Rejected, a.RejectedSnake, b.Rejected, b.RejectedSnake, "0").Float64()
	p.rejected = int64(rejected)
	return err == nil
}

// OTLPFailure reads the status message of an answer that is no success, and knows what
// the common ones mean.
func OTLPFailure(status int, contentType string, body []byte) (message, hint string) {
	message = strings.TrimSpace(string(body))
	switch media, _, _ := mime.ParseMediaType(contentType); media {
	case "application/x-protobuf", "application/protobuf":
		message = ""
		var st spb.Status
		if proto.Unmarshal(body, &st) == nil {
			message = st.GetMessage()
		}
	case "application/json":
		var answer struct{ Message string }
		if json.Unmarshal(body, &answer) == nil && answer.Message != "" {
			message = answer.Message
		}
	case "text/html":
		if !wantsTLS(message) {
			message = "a web page"
		}
	}
	if status == http.StatusBadRequest && wantsTLS(message) {
		return message, "the port wants TLS: write https://"
	}
	return message, StatusHint(status)
}

// wantsTLS recognizes what web servers say to plaintext on a port for TLS.
func wantsTLS(message string) bool {
	message = strings.ToLower(message)
	return strings.Contains(message, "http request to an https server") || // Go
		strings.Contains(message, "plain http request was sent to https port") // nginx
}
