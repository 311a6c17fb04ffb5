package propagators_test

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/contrib/propagators/b3"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/otelbridge/propagators"
)

const (
	traceA = "12345678901234567890123456789012"
	spanA  = "1234567890123456"
	parent = "00-" + traceA + "-" + spanA + "-01"
)

func extract(p propagation.TextMapPropagator, header http.Header) trace.SpanContext {
	return trace.SpanContextFromContext(p.Extract(context.Background(), propagation.HeaderCarrier(header)))
}

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

// The cases are those of the W3C's validation suite for trace context, in own words. What it asks of
// keys is what the SDK's parser does.
func TestTraceContext(t *testing.T) {
	t.Parallel()
	many := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, "bar"+strconv.Itoa(i)+"="+strconv.Itoa(i))
		}
		return strings.Join(all, ",")
	}
	for _, tt := range []struct {
		name   string
		header http.Header
		state  string // "-": no parent
	}{
		{"no header", header(), "-"},
		{"state alone", header("tracestate", "foo=1"), "-"},
		{"parent alone", header("traceparent", parent), ""},
		{"white space around the parent", header("traceparent", " \t"+parent+" \t"), ""},
		{"two parents", header("traceparent", parent, "traceparent", parent), "-"},
		{"two different parents", header("traceparent", parent, "traceparent", "00-"+traceA+"-1234567890123455-01"), "-"},
		{"version ff", header("traceparent", "ff-"+traceA+"-"+spanA+"-01"), "-"},
		{"version cc", header("traceparent", "cc-"+traceA+"-"+spanA+"-01"), ""},
		{"version cc with more", header("traceparent", "cc-"+traceA+"-"+spanA+"-01-what-the-future-will-be-like"), ""},
		{"version 00 with more", header("traceparent", parent+"-x"), "-"},
		{"upper case", header("traceparent", strings.ToUpper("00-abcdef78901234567890123456789012-"+spanA+"-01")), "-"},
		{"a trace id of zeros", header("traceparent", "00-00000000000000000000000000000000-"+spanA+"-01"), "-"},
		{"a span id of zeros", header("traceparent", "00-"+traceA+"-0000000000000000-01"), "-"},
		{"illegal characters", header("traceparent", "00-.2345678901234567890123456789012-"+spanA+"-01"), "-"},
		{"one state", header("traceparent", parent, "tracestate", "foo=1,bar=2"), "foo=1,bar=2"},
		{"white space in the state", header("traceparent", parent, "tracestate", "foo=1 \t , \t bar=2, \t baz=3"), "foo=1,bar=2,baz=3"},
		{"two lines", header("traceparent", parent, "tracestate", "foo=1,bar=2", "tracestate", "rojo=1,congo=2"), "foo=1,bar=2,rojo=1,congo=2"},
		{"three lines", header("traceparent", parent, "tracestate", "foo=1", "tracestate", "bar=2", "tracestate", "baz=3"), "foo=1,bar=2,baz=3"},
		{"an empty line", header("traceparent", parent, "tracestate", "", "tracestate", "foo=1"), "foo=1"},
		{"empty members", header("traceparent", parent, "tracestate", "foo=1,,bar=2,"), "foo=1,bar=2"},
		{"equal keys", header("traceparent", parent, "tracestate", "foo=1,foo=2,bar=3"), "foo=1,bar=3"},
		{"equal keys in two lines", header("traceparent", parent, "tracestate", "foo=1", "tracestate", "foo=1"), "foo=1"},
		{"32 members", header("traceparent", parent, "tracestate", many(32)), many(32)},
		{"33 members", header("traceparent", parent, "tracestate", many(33)), ""},
		{"33 members in two lines", header("traceparent", parent, "tracestate", many(32), "tracestate", "foo=1"), ""},
		{"an illegal key", header("traceparent", parent, "tracestate", "foo =1"), ""},
		{"an upper case key", header("traceparent", parent, "tracestate", "FOO=1"), ""},
		{"a tenant", header("traceparent", parent, "tracestate", "foo@bar=1"), "foo@bar=1"},
		{"no vendor", header("traceparent", parent, "tracestate", "foo@=1,bar=2"), ""},
		{"no tenant", header("traceparent", parent, "tracestate", "@foo=1,bar=2"), ""},
		{"two vendors", header("traceparent", parent, "tracestate", "foo@@bar=1,bar=2"), ""},
		{"three parts", header("traceparent", parent, "tracestate", "foo@bar@baz=1,bar=2"), ""},
		{"no value", header("traceparent", parent, "tracestate", "foo"), ""},
		{"a key that is too long", header("traceparent", parent, "tracestate", strings.Repeat("z", 257)+"=1"), ""},
		{"a key of full length", header("traceparent", parent, "tracestate", strings.Repeat("z", 256)+"=1"), strings.Repeat("z", 256) + "=1"},
		{"a tenant that is too long", header("traceparent", parent, "tracestate", strings.Repeat("t", 242)+"@v=1"), ""},
		{"a state without end", header("traceparent", parent, "tracestate", strings.Repeat("a=1,", 1<<20)+"b=2"), ""},
	} {
		sc := extract(propagators.TraceContext{}, tt.header)
		if got := sc.TraceState().String(); sc.IsValid() != (tt.state != "-") || sc.IsValid() && got != tt.state {
			t.Errorf("%s: valid %v, state %.100q, want %.100q", tt.name, sc.IsValid(), got, tt.state)
		}
	}
	one := propagators.TraceContext{}.Extract(t.Context(), propagation.MapCarrier{"traceparent": parent, "tracestate": "foo=1"})
	if sc := trace.SpanContextFromContext(one); sc.TraceState().Get("foo") != "1" || !sc.IsRemote() {
		t.Errorf("a carrier of single values gives %+v", sc)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	p := propagators.Headers{}
	for _, tt := range []struct {
		traceID, spanID string
		want            bool
	}{
		{traceA, spanA, true},
		{strings.ToUpper("abcdef78901234567890123456789012"), "ABCDEF1234567890", true},
		{traceA, "", true},
		{traceA, "x", false},
		{traceA, "0000000000000000", false},
		{traceA + "0", spanA, false},
		{"", spanA, false},
		{strings.Repeat("0", 32), spanA, false},
	} {
		sc := extract(p, header("X-Trace-ID", tt.traceID, "X-Span-ID", tt.spanID))
		if sc.HasTraceID() != tt.want || tt.want && (sc.TraceID().String() != strings.ToLower(tt.traceID) || !sc.IsSampled() || !sc.IsRemote()) {
			t.Errorf("%q, %q give %+v", tt.traceID, tt.spanID, sc)
		}
	}
	if sc := extract(p, header("X-Trace-ID", traceA, "X-Trace-ID", traceA, "X-Span-ID", spanA)); sc.HasTraceID() {
		t.Error("two trace ids are one")
	}
	own := propagators.Headers{TraceID: "A", SpanID: "B"}
	carrier := propagation.MapCarrier{}
	own.Inject(trace.ContextWithRemoteSpanContext(t.Context(), extract(p, header("X-Trace-ID", traceA, "X-Span-ID", spanA))), carrier)
	own.Inject(t.Context(), carrier)
	if len(carrier) != 2 || carrier["A"] != traceA || carrier["B"] != spanA || !slices.Equal(own.Fields(), []string{"A", "B"}) {
		t.Errorf("wrote %v", carrier)
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	p := propagators.RequestID{Honor: true}
	for _, tt := range []struct {
		value string
		want  bool
	}{
		{"11:22", true},
		{"9223372036854775807:1", true},
		{"9223372036854775808:1", false},
		{"11", false},
		{"11:22:33", false},
		{"0:1", false},
		{"1:0", false},
		{"-1:2", false},
		{"+1:2", false},
		{"11:22x", false},
		{" 11:22", true},
		{"", false},
		{":", false},
		{strings.Repeat("1", 1<<16) + ":1", false},
	} {
		if sc := extract(p, header("X-Request-Id", tt.value)); sc.IsValid() != tt.want {
			t.Errorf("%.40q gives %+v", tt.value, sc)
		}
	}
	if sc := extract(propagators.RequestID{}, header("X-Request-Id", "11:22")); sc.IsValid() {
		t.Error("a header that isn't honored counts")
	}
	ctx := trace.ContextWithRemoteSpanContext(t.Context(), extract(p, header("X-Request-Id", "11:22")))
	request, response := propagation.MapCarrier{}, propagation.MapCarrier{}
	p.Inject(ctx, request)
	p.Respond(ctx, response)
	if request["X-Request-Id"] != "11:22" || response["X-Request-Id"] != "11" {
		t.Errorf("wrote %v and %v", request, response)
	}
}

func TestIDGenerator(t *testing.T) {
	t.Parallel()
	tp := sdktrace.NewTracerProvider(sdktrace.WithIDGenerator(propagators.IDGenerator{}))
	p := propagators.RequestID{Honor: true}
	for range 100 {
		ctx, s := tp.Tracer("t").Start(t.Context(), "n")
		carrier := propagation.MapCarrier{}
		p.Inject(ctx, carrier)
		got := trace.SpanContextFromContext(p.Extract(t.Context(), carrier))
		if sc := s.SpanContext(); got.TraceID() != sc.TraceID() || got.SpanID() != sc.SpanID() {
			t.Errorf("%v became %v on the way", sc, got)
		}
	}
}

// The most complete context counts, in whatever order the propagators are.
func TestComposite(t *testing.T) {
	t.Parallel()
	full := header("traceparent", parent, "tracestate", "foo=1", "baggage", "k=v",
		"b3", "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1", "X-Trace-ID", strings.Repeat("3", 32))
	equal := header("traceparent", parent, "b3", "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1")
	list := []propagation.TextMapPropagator{propagators.TraceContext{}, b3.New(), propagators.Headers{}, propagation.Baggage{}}
	for range 50 {
		rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		told := 0
		c := &propagators.Composite{Extractors: slices.Clone(list), OnConflict: func() { told++ }}
		for range 2 {
			ctx := c.Extract(t.Context(), propagation.HeaderCarrier(full))
			sc := trace.SpanContextFromContext(ctx)
			if sc.TraceID().String() != traceA || sc.TraceState().Get("foo") != "1" || baggage.FromContext(ctx).Member("k").Value() != "v" {
				t.Fatalf("%T first gives %+v", list[0], sc)
			}
		}
		if told != 1 || c.Conflicts() != 2 {
			t.Errorf("told %d times of %d conflicts", told, c.Conflicts())
		}
	}
	c := &propagators.Composite{Extractors: list, Injectors: []propagation.TextMapPropagator{propagators.TraceContext{}, propagation.Baggage{}, propagators.TraceContext{}}}
	if sc := extract(c, header("b3", "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1")); !sc.IsValid() || c.Conflicts() != 0 {
		t.Errorf("one context alone gives %+v", sc)
	}
	equals := []propagation.TextMapPropagator{propagators.TraceContext{}, b3.New()}
	for range 2 { // of two that say as much, the one that is listed first counts
		first := trace.SpanContextFromContext(equals[0].Extract(t.Context(), propagation.HeaderCarrier(equal)))
		if sc := extract(&propagators.Composite{Extractors: equals}, equal); sc.TraceID() != first.TraceID() {
			t.Errorf("%T first gives %v", equals[0], sc.TraceID())
		}
		slices.Reverse(equals)
	}
	if got := c.Fields(); !slices.Equal(got, []string{"baggage", "traceparent", "tracestate"}) {
		t.Errorf("fields %v", got)
	}
	carrier := propagation.MapCarrier{}
	c.Inject(trace.ContextWithRemoteSpanContext(t.Context(), extract(c, full)), carrier)
	if carrier["traceparent"] != parent {
		t.Errorf("wrote %v", carrier)
	}
}

// FuzzRoundTrip checks that what a propagator writes it reads again, and that no header panics.
func FuzzRoundTrip(f *testing.F) {
	f.Add(parent, "foo=1", "11:22", traceA, uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, traceparent, tracestate, requestID, traceID string, high, low uint64) {
		all := []propagation.TextMapPropagator{propagators.TraceContext{}, propagators.Headers{}, propagators.RequestID{Honor: true}}
		c := &propagators.Composite{Extractors: all, Injectors: all}
		extract(c, http.Header{"Traceparent": {traceparent}, "Tracestate": {tracestate, tracestate}, "X-Request-Id": {requestID}, "X-Trace-Id": {traceID}, "X-Span-Id": {traceparent}})
		cfg := trace.SpanContextConfig{TraceFlags: trace.FlagsSampled, Remote: true}
		binary.BigEndian.PutUint64(cfg.TraceID[8:], low&(1<<63-1)|1)
		binary.BigEndian.PutUint64(cfg.SpanID[:], high&(1<<63-1)|1)
		want := trace.NewSpanContext(cfg)
		for _, p := range all {
			carrier := propagation.MapCarrier{}
			p.Inject(trace.ContextWithSpanContext(context.Background(), want), carrier)
			if got := trace.SpanContextFromContext(p.Extract(context.Background(), carrier)); !got.Equal(want) {
				t.Errorf("%T: %+v became %+v", p, want, got)
			}
		}
	})
}

func TestExtractIsCheap(t *testing.T) { // not parallel: it counts allocations
	h := propagation.HeaderCarrier(header("traceparent", parent, "tracestate", "foo=1"))
	ctx := context.Background()
	plain := testing.AllocsPerRun(100, func() { propagation.TraceContext{}.Extract(ctx, h) })
	if ours := testing.AllocsPerRun(100, func() { propagators.TraceContext{}.Extract(ctx, h) }); ours > plain+2 {
		t.Errorf("a request costs %v allocations, OTel's own %v", ours, plain)
	}
}
