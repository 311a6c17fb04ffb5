package otlp

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// call is one export on its way through the official exporter, which encodes it. The
// context that the official exporter sees is never done: a batch whose time is up must still
// be encoded, so that a spool can take it.
type call struct {
	ctx     context.Context //nolint:containedctx // the caller's own, for the sending half
	deliver delivery.Deliver
	spans   int
	reached bool
	err     error
}

type callKey struct{}

func (c *call) context() context.Context {
	return context.WithValue(context.WithoutCancel(c.ctx), callKey{}, c)
}

var errNoCall = errors.New("the request was not made by this exporter")

func callOf(ctx context.Context) (*call, error) {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		return nil, errNoCall
	}
	return c, nil
}

func (c *call) take(body []byte) error {
	c.reached = true
	c.err = c.deliver(c.ctx, delivery.Batch{Body: body, Spans: c.spans})
	return c.err
}

// roundTripper stands under the official OTLP/HTTP client and takes the encoded body away.
type roundTripper struct{}

// RoundTrip delivers the body of r the way the call in its context wants it.
func (roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	c, err := callOf(r.Context())
	if err != nil {
		return nil, err
	}
	body, err := bodyOf(r)
	if err != nil {
		return nil, err
	}
	if err := c.take(body); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
}

// bodyOf returns the bytes of the body. The official client's reader hands its own slice
// over, so that usually nothing is copied.
func bodyOf(r *http.Request) ([]byte, error) {
	defer func() { _ = r.Body.Close() }() // memory only
	if w, ok := r.Body.(io.WriterTo); ok {
		var g grab
		_, err := w.WriteTo(&g)
		return g.body, err
	}
	return io.ReadAll(r.Body)
}

// grab keeps the first slice written to it and copies only if there is a second.
type grab struct{ body []byte }

func (g *grab) Write(p []byte) (int, error) {
	if g.body == nil {
		g.body = slices.Clip(p)
	} else {
		g.body = append(g.body, p...)
	}
	return len(p), nil
}

// intercept does for the official OTLP/gRPC client what roundTripper does for HTTP. Calls
// of the sender itself carry encoded messages and pass.
func intercept(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoker grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if _, ok := req.(*delivery.Raw); ok {
		return invoker(ctx, method, req, reply, cc, opts...)
	}
	c, err := callOf(ctx)
	if err != nil {
		return err
	}
	message, ok := req.(proto.Message)
	if !ok {
		return errNoCall
	}
	body, err := proto.Marshal(message)
	if err != nil {
		return err
	}
	return c.take(body)
}
