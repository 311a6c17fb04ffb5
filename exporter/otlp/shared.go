package otlp

import (
	"context"
	"reflect"
	"sync"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/tracehook/tracehook/exporter/delivery"
)

// shared encodes each span once for all connections of a driver that send it as it is.
// Batches of two connections seldom have the same borders, so what is shared is the single
// span; a request is then put together from the pieces, since protobuf messages can be
// concatenated. The official exporter still makes the pieces.
//
// Encoding happens under the lock, so that connections whose batches are due at the same
// moment don't all encode the same spans: the others wait for as long as they would have
// taken themselves, and never for a network.
type shared struct {
	official *otlptrace.Exporter

	mu         sync.Mutex
	members    int
	young, old map[uintptr]*piece
	bytes      int // in young
	groups     map[groupKey]*group
	asked, hit int // since the last look at whether it pays
	average    int // bytes of a span, as far as seen
	rest       int // batches to go until it is tried again
}

// piece is one encoded span: tag, length and message.
type piece struct {
	span  sdktrace.ReadOnlySpan // so that its address isn't given to another one
	group *group
	body  []byte
	uses  int // how many connections still want it
}

type groupKey struct {
	resource *resource.Resource
	scope    instrumentation.Scope
}

// group is what spans stand in.
type group struct {
	resource *resource.Resource
	head     []byte // the resource, and at the end of the message
	tail     []byte // its schema
	scope    []byte
	schema   []byte
}

const (
	// maxPieces bounds a generation of pieces in bytes; there are two.
	maxPieces = 4 << 20
	maxGroups = 256
	// lookAfter is how many spans are asked for before the share of hits is looked at, and
	// restFor is how many batches go the direct way if it doesn't pay.
	lookAfter = 8192
	restFor   = 256
)

func newShared() *shared {
	return &shared{official: otlptrace.NewUnstarted(capture{})}
}

func (s *shared) join(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.members += n
	if s.members < 2 {
		s.young, s.old, s.groups, s.bytes = nil, nil, nil, 0
	}
}

// encode returns the body of a request with spans; false if it has to be made the direct way:
// there is nobody to share with, it doesn't pay, or a span is of a kind that can't be told
// from others.
func (s *shared) encode(spans []sdktrace.ReadOnlySpan) ([]byte, bool) {
	if s == nil {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.members < 2 {
		return nil, false
	}
	if s.rest > 0 {
		s.rest--
		return nil, false
	}
	pieces := make([]*piece, len(spans))
	var missing []int
	for i, span := range spans {
		key, ok := identity(span)
		if !ok {
			return nil, false
		}
		if pieces[i] = s.take(key); pieces[i] == nil {
			missing = append(missing, i)
		}
	}
	s.look(len(spans), len(spans)-len(missing))
	if len(missing) > 0 && !s.add(spans, missing, pieces) {
		return nil, false
	}
	return join(pieces), true
}

// look stops sharing for a while if connections keep different spans.
func (s *shared) look(asked, hit int) {
	s.asked += asked
	s.hit += hit
	if s.asked >= lookAfter {
		if s.hit < s.asked/8 {
			s.rest, s.young, s.old, s.bytes = restFor, nil, nil, 0
		}
		s.asked, s.hit = 0, 0
	}
}

// identity returns the address of a span. Spans of the SDK and of the processor are pointers;
// others, such as those of tests, may not even be comparable.
func identity(span sdktrace.ReadOnlySpan) (uintptr, bool) {
	v := reflect.ValueOf(span)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return 0, false
	}
	return v.Pointer(), true
}

func (s *shared) take(key uintptr) *piece {
	for _, generation := range [...]map[uintptr]*piece{s.young, s.old} {
		p, ok := generation[key]
		if !ok {
			continue
		}
		if p.uses--; p.uses <= 0 {
			delete(generation, key)
		}
		return p
	}
	return nil
}

type idPair struct {
	trace trace.TraceID
	span  trace.SpanID
}

// add encodes the missing spans and keeps them for the other connections.
func (s *shared) add(spans []sdktrace.ReadOnlySpan, missing []int, pieces []*piece) bool {
	batch := make([]sdktrace.ReadOnlySpan, len(missing))
	at := make(map[idPair]int, len(missing))
	for i, index := range missing {
		sc := spans[index].SpanContext()
		batch[i], at[idPair{sc.TraceID(), sc.SpanID()}] = spans[index], index
	}
	if len(at) < len(batch) {
		return false // equal ids: nobody could tell which is which
	}
	var encoded []*tracepb.ResourceSpans
	if s.official.ExportSpans(context.WithValue(context.Background(), captureKey{}, &encoded), batch) != nil {
		return false
	}
	arena := make([]byte, 0, len(missing)*s.average)
	for _, rs := range encoded {
		for _, ss := range rs.GetScopeSpans() {
			var g *group
			for _, m := range ss.GetSpans() {
				index, ok := at[idPair{trace.TraceID(m.GetTraceId()), trace.SpanID(m.GetSpanId())}]
				if !ok {
					return false
				}
				if g == nil {
					g = s.group(spans[index], rs, ss)
				}
				begin := len(arena)
				arena = appendMessage(arena, 2, m)
				pieces[index] = &piece{span: spans[index], group: g, body: arena[begin:len(arena):len(arena)], uses: s.members - 1}
			}
		}
	}
	s.average = len(arena)/len(missing) + 16 // a little more, so that the next ones fit too
	s.keep(missing, pieces)
	return true
}

func (s *shared) keep(missing []int, pieces []*piece) {
	if s.young == nil {
		s.young = make(map[uintptr]*piece)
	}
	for _, index := range missing {
		p := pieces[index]
		if key, ok := identity(p.span); ok {
			s.young[key] = p
			s.bytes += len(p.body)
		}
	}
	if s.bytes > maxPieces {
		s.old, s.young, s.bytes = s.young, nil, 0
	}
}

func (s *shared) group(span sdktrace.ReadOnlySpan, rs *tracepb.ResourceSpans, ss *tracepb.ScopeSpans) *group {
	key := groupKey{span.Resource(), span.InstrumentationScope()}
	if g, ok := s.groups[key]; ok {
		return g
	}
	g := &group{
		resource: key.resource,
		head:     appendMessage(nil, 1, rs.GetResource()), tail: appendText(nil, 3, rs.GetSchemaUrl()),
		scope: appendMessage(nil, 1, ss.GetScope()), schema: appendText(nil, 3, ss.GetSchemaUrl()),
	}
	if s.groups == nil || len(s.groups) >= maxGroups {
		s.groups = make(map[groupKey]*group)
	}
	s.groups[key] = g
	return g
}

// appendMessage appends m as a field, with valid texts.
func appendMessage(b []byte, field protowire.Number, m proto.Message) []byte {
	if m == nil || !m.ProtoReflect().IsValid() {
		return b
	}
	b = protowire.AppendTag(b, field, protowire.BytesType)
	size := proto.Size(m)
	out, err := proto.MarshalOptions{UseCachedSize: true}.MarshalAppend(protowire.AppendVarint(b, uint64(size)), m) //nolint:gosec // a size
	if err != nil {
		delivery.MakeValid(m.ProtoReflect())
		size = proto.Size(m)
		out, _ = proto.MarshalOptions{}.MarshalAppend(protowire.AppendVarint(b, uint64(size)), m) //nolint:gosec // a size; texts were all that could be wrong
	}
	return out
}

func appendText(b []byte, field protowire.Number, text string) []byte {
	if text == "" {
		return b
	}
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), text)
}

// capture takes what the official exporter has encoded.
type capture struct{}

type captureKey struct{}

// Start does nothing.
func (capture) Start(context.Context) error { return nil }

// Stop does nothing.
func (capture) Stop(context.Context) error { return nil }

// UploadTraces hands spans to whoever asked for them.
func (capture) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	into, ok := ctx.Value(captureKey{}).(*[]*tracepb.ResourceSpans)
	if !ok {
		return errNoCall
	}
	*into = spans
	return nil
}
