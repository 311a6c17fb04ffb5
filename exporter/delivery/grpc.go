package delivery

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	spb "google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip" // registers the compressor that Gzip names
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// GRPCOptions describe a gRPC destination. Conn and Method are required.
type GRPCOptions struct {
	// Conn is the channel; [GRPC.Close] closes it.
	Conn *grpc.ClientConn
	// Method is the full method, such as "/package.Service/Method".
	Method string
	// Metadata is sent with every call.
	Metadata map[string]string
	// Secrets are kept out of everything that is said about this destination.
	Secrets Secrets
	// TLS is what Conn has for its side of TLS, and Insecure says that it has none; both are for
	// hints only.
	TLS      *tls.Config
	Insecure bool
	// Success reads the answer; nil means [OTLPSuccess] on protobuf.
	Success func(b Batch, body []byte) Verdict
	// Hint says what to do about a status, "" for nothing; nil means [CodeHint].
	Hint func(c codes.Code, message string) string
	// Classify says what a status comes to, for destinations that say more about it in their
	// trailer; nil means [OfCode].
	Classify func(c codes.Code, message string, trailer metadata.MD) (o Outcome, uncertain bool)
	// Gzip compresses the bodies.
	Gzip bool
}

// GRPC hands batches over as unary calls whose message is already encoded.
type GRPC struct {
	options  GRPCOptions
	metadata metadata.MD
	calls    []grpc.CallOption
	otlp     bool // its addresses are written as OTLP's are
	answered atomic.Bool
	knocker  *knocker
}

// NewGRPC returns the transport.
func NewGRPC(o GRPCOptions) *GRPC {
	g := &GRPC{options: o, calls: []grpc.CallOption{grpc.ForceCodecV2(rawCodec{})}}
	if len(o.Metadata) > 0 {
		g.metadata = metadata.New(o.Metadata)
	}
	if o.Gzip {
		g.calls = append(g.calls, grpc.UseCompressor("gzip"))
	}
	if o.Success == nil {
		g.options.Success = func(b Batch, body []byte) Verdict {
			return OTLPSuccess(b, "application/x-protobuf", body)
		}
	}
	if o.Hint == nil {
		g.options.Hint, g.otlp = CodeHint, true
	}
	if o.Conn != nil {
		g.knocker = newKnocker(o.Conn.Target(), !o.Insecure, withHTTP2(o.TLS))
	}
	if o.Classify == nil {
		g.options.Classify = func(c codes.Code, message string, _ metadata.MD) (Outcome, bool) { return OfCode(c, message) }
	}
	return g
}

// withHTTP2 returns c as gRPC uses it.
func withHTTP2(c *tls.Config) *tls.Config {
	if c = c.Clone(); c != nil && len(c.NextProtos) == 0 {
		c.NextProtos = []string{"h2"}
	}
	return c
}

// raw is a message that is already encoded. Calls made by [GRPC] carry one as request and
// one as reply, so that an interceptor can tell them from others.
type raw []byte

// Send makes one call.
func (g *GRPC) Send(ctx context.Context, b Batch) Verdict {
	if g.metadata != nil {
		ctx = metadata.NewOutgoingContext(ctx, g.metadata)
	}
	b.read()
	request, reply := raw(b.Body), raw(nil)
	var at peer.Peer
	var header, trailer metadata.MD
	calls := append(slices.Clip(g.calls), grpc.Peer(&at), grpc.Header(&header), grpc.Trailer(&trailer))
	err := g.options.Conn.Invoke(ctx, g.options.Method, &request, &reply, calls...)
	if err == nil {
		g.answered.Store(true)
		v := g.options.Success(b, reply)
		v.Message = g.options.Secrets.Printable(v.Message)
		if v.Err != nil {
			v.Err = fmt.Errorf("%s: %s", g.options.Conn.Target(), g.options.Secrets.Printable(v.Err.Error()))
		}
		return v
	}
	st := status.Convert(err)
	outcome, uncertain := g.options.Classify(st.Code(), st.Message(), trailer)
	if outcome == Delivered { // an error that claims to be none
		outcome = Refused
	}
	answered := len(header)+len(trailer) > 0
	if answered {
		g.answered.Store(true)
	}
	return Verdict{
		Outcome:  outcome,
		Answered: answered,
		// Without a peer nothing has left. Where there is an answer it wasn't lost, but a deadline
		// says nothing about what was done by then.
		Uncertain: uncertain && at.Addr != nil && (!answered || st.Code() == codes.DeadlineExceeded),
		After:     retryInfo(st),
		Err:       g.say(ctx, st, at.Addr != nil, answered, errors.Join(err, ctx.Err())),
	}
}

// Probe sends a request without spans.
func (g *GRPC) Probe(ctx context.Context) Verdict { return g.Send(ctx, Batch{}) }

// Close closes the channel.
func (g *GRPC) Close() error { return g.options.Conn.Close() }

// say describes a status; without a peer it is the channel's own and nobody has answered.
func (g *GRPC) say(ctx context.Context, st *status.Status, reached, answered bool, cause error) error {
	text := st.Code().String()
	if reached {
		text = "answered " + text
	}
	if message := g.options.Secrets.Printable(st.Message()); message != "" {
		text += ": " + message
	}
	if hint := g.hint(ctx, st, answered); hint != "" {
		text += " (" + hint + ")"
	}
	return &networkError{where: g.options.Conn.Target(), text: text, err: cause}
}

func (g *GRPC) hint(ctx context.Context, st *status.Status, answered bool) string {
	message := st.Message()
	switch {
	case st.Code() == codes.Unavailable && answered:
		return "" // a proxy's word "connection" means its own connection to a server behind it
	case st.Code() == codes.Unavailable && !g.answered.Load():
		alert := alertIn(message)
		if hint := alertHint(alert, g.knocker.certificate()); hint != "" {
			return hint
		}
		if alert == vague || cutWords(message) {
			switch hint := g.knocker.ask(ctx); {
			case hint == hintTLS && !g.otlp:
				return "the port wants TLS: turn it on"
			case hint != "":
				return hint
			}
		}
	}
	return g.options.Hint(st.Code(), message)
}

// cutWords recognizes what grpc-go says about a connection that was cut, whose cause may be anything.
func cutWords(message string) bool {
	return slices.ContainsFunc([]string{"EOF", "connection reset", "broken pipe", "use of closed network connection", "frame too large"},
		func(words string) bool { return strings.Contains(message, words) })
}

func retryInfo(st *status.Status) time.Duration {
	for _, d := range st.Details() {
		if info, ok := d.(*spb.RetryInfo); ok {
			return max(info.GetRetryDelay().AsDuration(), 0)
		}
	}
	return 0
}

// rawCodec passes encoded messages through. Its name is that of the codec which encoded
// them, because it is what the content type says.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	r, ok := v.(*raw)
	if !ok {
		return nil, fmt.Errorf("message of type %T is not encoded yet", v)
	}
	return mem.BufferSlice{mem.SliceBuffer(*r)}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	r, ok := v.(*raw)
	if !ok {
		return fmt.Errorf("a message of type %T can't be left encoded", v)
	}
	*r = data.Materialize()
	return nil
}

// Dial makes a channel the way drivers here need it: no retries and no service configuration
// of its own (a [Sender] retries), and a reconnection that is tried again after a few seconds
// instead of two minutes. It connects in the background, when first used.
func Dial(target string, creds credentials.TransportCredentials, userAgent string, extra ...grpc.DialOption) (*grpc.ClientConn, error) {
	conn, err := grpc.NewClient(target, append([]grpc.DialOption{
		grpc.WithTransportCredentials(creds),
		grpc.WithUserAgent(userAgent),
		grpc.WithDisableRetry(),
		grpc.WithDisableServiceConfig(),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 5 * time.Second},
			MinConnectTimeout: 10 * time.Second,
		}),
		// What counts is the Timeout, after which the system gives up a connection whose other end
		// has vanished; its own patience is a quarter of an hour. Servers count pings that come
		// more often than every 5 minutes as abuse.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 5 * time.Minute, Timeout: 20 * time.Second}),
	}, extra...)...)
	if err != nil {
		return nil, fmt.Errorf("target %q: %w", target, err)
	}
	return conn, nil
}
