package greptime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/tracehook/tracehook/exporter/delivery"
	"github.com/tracehook/tracehook/exporter/greptime/internal/wire"
)

const handleMethod = "/greptime.v1.GreptimeDatabase/Handle"

// rowTransport inserts rows. Before the first ones it makes the table.
type rowTransport struct {
	calls  *delivery.GRPC
	logger *slog.Logger
	header []byte // a GreptimeRequest with its header and nothing else
	create []byte // one that makes the table
	ready  atomic.Bool
	warned atomic.Bool
}

func newRowTransport(o *Options) (delivery.Transport, error) {
	u, err := url.Parse(o.URL)
	if err != nil {
		return nil, errBadURL
	}
	creds := insecure.NewCredentials()
	if u.Scheme == "grpcs" {
		creds = credentials.NewTLS(o.TLS)
	}
	header := &wire.RequestHeader{Dbname: o.Database}
	if o.Username != "" {
		header.Authorization = &wire.AuthHeader{AuthScheme: &wire.AuthHeader_Basic{
			Basic: &wire.Basic{Username: o.Username, Password: o.Password.Reveal()},
		}}
	}
	if o.token != "" {
		header.Authorization = tokenHeader(o.token)
	}
	t := &rowTransport{logger: o.Logger}
	if t.header, err = proto.Marshal(&wire.GreptimeRequest{Header: header}); err != nil {
		return nil, errors.New("the credentials can't be encoded") // the encoder's own words could show them
	}
	if t.create, err = proto.Marshal(&wire.GreptimeRequest{Request: &wire.GreptimeRequest_Query{
		Query: &wire.QueryRequest{Query: &wire.QueryRequest_Sql{Sql: o.createTable()}},
	}}); err != nil {
		return nil, fmt.Errorf("columns: %w", err)
	}
	conn, err := delivery.Dial(u.Host, creds, userAgent)
	if err != nil {
		return nil, err
	}
	t.calls = delivery.NewGRPC(delivery.GRPCOptions{
		Conn: conn, Method: handleMethod, Gzip: !o.Plain, Secrets: o.secrets(),
		Metadata: o.metadata(), TLS: o.TLS, Insecure: u.Scheme == "grpc",
		Success: readAnswer, Hint: codeHint, Classify: classify,
	})
	return t, nil
}

// tokenHeader is an AuthHeader with its field 2, which our copy of the messages doesn't have: a
// message with the token as its field 1.
func tokenHeader(token string) *wire.AuthHeader {
	inner := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), token)
	h := &wire.AuthHeader{}
	h.ProtoReflect().SetUnknown(protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), inner))
	return h
}

func (o *Options) metadata() map[string]string {
	all := map[string]string{"x-greptime-hints": o.hints()}
	maps.Copy(all, o.headers)
	return all
}

// Send inserts the rows of b.
func (t *rowTransport) Send(ctx context.Context, b delivery.Batch) delivery.Verdict {
	if !t.ready.Load() {
		if v := t.calls.Send(ctx, delivery.Batch{Body: t.with(t.create)}); v.Outcome == delivery.Retry {
			v.Uncertain = false // no row has left
			return v
		} else if v.Outcome == delivery.Delivered {
			t.ready.Store(true)
		} else if !t.warned.Swap(true) {
			t.logger.Warn("GreptimeDB didn't let us create the table; it will create one without indexes, if there is none", "error", v.Err)
		}
	}
	b.Body = t.with(b.Body)
	v := t.calls.Send(ctx, b)
	if v.Outcome == delivery.Delivered {
		t.ready.Store(true) // whoever made the table, it is there
	}
	// What takes too long was perhaps stored, and each repetition may store it once more. A
	// batch that was already repeated is left to the spool, or lost.
	v.Enough = v.Outcome == delivery.Retry && b.Uncertain && status.Code(v.Err) == codes.DeadlineExceeded
	return v
}

// Probe inserts nothing.
func (t *rowTransport) Probe(ctx context.Context) delivery.Verdict {
	nothing := protowire.AppendVarint(protowire.AppendTag(nil, requestRowInserts, protowire.BytesType), 0)
	return t.calls.Send(ctx, delivery.Batch{Body: t.with(nothing)})
}

// with returns a request with our header.
func (t *rowTransport) with(request []byte) []byte {
	return append(append(make([]byte, 0, len(t.header)+len(request)), t.header...), request...)
}

// Close closes the channel.
func (t *rowTransport) Close() error { return t.calls.Close() }

// readAnswer reads what GreptimeDB said about rows, or, for a batch of none, about a statement.
func readAnswer(b delivery.Batch, body []byte) delivery.Verdict {
	var answer wire.GreptimeResponse
	if proto.Unmarshal(body, &answer) != nil {
		return delivery.Verdict{
			Outcome: delivery.Refused, Uncertain: true,
			Err: errors.New("said yes, but the rest of the answer can't be read: this is no GreptimeDB, check host and port"),
		}
	}
	if st := answer.GetHeader().GetStatus(); st.GetStatusCode() != 0 {
		return delivery.Verdict{Outcome: delivery.Refused, Err: fmt.Errorf("answered with code %d: %s", st.GetStatusCode(), st.GetErrMsg())}
	}
	if rows := answer.GetAffectedRows(); b.Spans > 0 && rows != nil && int(rows.GetValue()) != b.Spans {
		return delivery.Verdict{Message: "it counted " + strconv.FormatUint(uint64(rows.GetValue()), 10) + " rows for " + strconv.Itoa(b.Spans) + " spans"}
	}
	return delivery.Verdict{}
}

// classify heeds what GreptimeDB itself says about trying again, unless it is about who we are or
// the size of the request: it calls those final.
func classify(c codes.Code, message string, trailer metadata.MD) (o delivery.Outcome, uncertain bool) {
	if c == codes.NotFound { // a user, a database
		return delivery.Barred, false
	}
	if o, uncertain = delivery.OfCode(c, message); o == delivery.Barred || o == delivery.TooLarge {
		return o, uncertain
	}
	if hint := trailer.Get("x-greptime-err-retry-hint"); len(hint) > 0 {
		switch hint[0] {
		case "retryable":
			return delivery.Retry, true
		case "non_retryable":
			return delivery.Refused, false
		}
	}
	return o, uncertain
}

// codeHint says what to do about a gRPC status; "" if nothing can be said.
func codeHint(c codes.Code, message string) string {
	switch c {
	case codes.Unauthenticated:
		return "check username and password"
	case codes.PermissionDenied:
		return "the user may not write there: check database, or give it the right to"
	case codes.NotFound:
		if strings.Contains(strings.ToLower(message), "user") {
			return "check username and password"
		}
		return "check database, or create it"
	case codes.InvalidArgument:
		return "the table may exist with other columns or types: write to another table, or change fields"
	case codes.Unimplemented:
		return "this is no GreptimeDB, or not its gRPC port, which is 4001"
	case codes.Unavailable:
		switch {
		case strings.Contains(message, "error reading server preface"), strings.Contains(message, "HTTP/1.1 header"), strings.Contains(message, "frame too large"):
			return "the port doesn't speak gRPC: 4000 is GreptimeDB's HTTP port; gRPC is 4001; or it wants TLS: write grpcs://"
		case strings.Contains(message, "first record does not look like a TLS handshake"):
			return "the port speaks plaintext: set tls = false or write grpc://"
		}
	default:
	}
	return delivery.CodeHint(c, message)
}
