package delivery

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// OTLPSuccess reads the body of a 2xx answer of an OTLP receiver. An empty one is a full
// success. One of OTLP's content types that can't be read is a refusal: nobody knows what was
// stored, and asking again could store it twice. Anything else isn't from an OTLP receiver.
func OTLPSuccess(b Batch, contentType string, body []byte) Verdict {
	if len(bytes.TrimSpace(body)) == 0 {
		return Verdict{}
	}
	var answer partialSuccess
	var ok bool
	media, _, _ := mime.ParseMediaType(contentType)
	switch media {
	case "application/x-protobuf", "application/protobuf":
		ok = answer.readProto(body)
	case "application/json":
		var strange bool
		if ok, strange = answer.readJSON(body); strange {
			return notOTLP("JSON that isn't OTLP's", body)
		}
	case "text/html":
		return notOTLP("a web page", nil)
	case "":
		return notOTLP("a body without a content type", body)
	default:
		return notOTLP(media, body)
	}
	if !ok {
		return Verdict{Outcome: Refused, Uncertain: true, Err: fmt.Errorf("said yes, but the rest of the answer (%d bytes of %s) can't be read", len(body), contentType)}
	}
	return deliveredBut(b.Spans, answer.rejected, answer.message)
}

// notOTLP is the verdict on an answer of a server that knows nothing about traces.
func notOTLP(what string, body []byte) Verdict {
	const most = 64
	said := ""
	if len(body) > 0 {
		said = fmt.Sprintf(", which begins with %q", body[:min(len(body), most)])
	}
	return Verdict{Outcome: Barred, Err: fmt.Errorf("answered with %s%s: this is no OTLP receiver, check host, port and path", what, said)}
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
// those of 64 bits. An object with other members alone is strange.
func (p *partialSuccess) readJSON(body []byte) (ok, strange bool) {
	type partial struct {
		Rejected      json.Number `json:"rejectedSpans"`
		RejectedSnake json.Number `json:"rejected_spans"`
		Message       string      `json:"errorMessage"`
		MessageSnake  string      `json:"error_message"`
	}
	var answer struct {
		Partial      *partial `json:"partialSuccess"`
		PartialSnake *partial `json:"partial_success"`
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return false, json.Valid(body) // a list, a number
	}
	if json.Unmarshal(body, &answer) != nil {
		return false, false
	}
	if answer.Partial == nil && answer.PartialSnake == nil {
		_, known := members["partialSuccess"] // null
		return true, len(members) > 0 && !known
	}
	var a, b partial
	if answer.Partial != nil {
		a = *answer.Partial
	}
	if answer.PartialSnake != nil {
		b = *answer.PartialSnake
	}
	p.message = cmp.Or(a.Message, a.MessageSnake, b.Message, b.MessageSnake)
	rejected, err := cmp.Or(a.Rejected, a.RejectedSnake, b.Rejected, b.RejectedSnake, "0").Float64()
	p.rejected = int64(rejected)
	return err == nil, false
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
		return message, hintTLS
	}
	if status == http.StatusBadRequest && wrongPath(message) {
		return message, StatusHint(http.StatusNotFound)
	}
	if status == http.StatusRequestEntityTooLarge || status == http.StatusBadRequest && tooLarge(message) {
		return message, "the server, or a proxy in front of it, takes no larger bodies: raise its limit"
	}
	return message, StatusHint(status)
}

// wrongPath recognizes what servers say that answer 400 where others answer 404.
func wrongPath(message string) bool {
	message = strings.ToLower(message)
	return strings.Contains(message, "unsupported path") || strings.Contains(message, "unknown path") || strings.Contains(message, "missing route")
}

// wantsTLS recognizes what web servers say to plaintext on a port for TLS.
func wantsTLS(message string) bool {
	message = strings.ToLower(message)
	return strings.Contains(message, "http request to an https server") || // Go
		strings.Contains(message, "plain http request was sent to https port") // nginx
}
