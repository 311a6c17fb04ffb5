package sampler_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/decision"
	"github.com/tracehook/tracehook/internal/vocab"
	"github.com/tracehook/tracehook/sampler"
)

// Randomness in the lower and the upper half, as trace ids.
func low() trace.TraceID  { return trace.TraceID{0: 1, 9: 0x20} } // R = 0x20..., 1/8
func high() trace.TraceID { return trace.TraceID{0: 1, 9: 0xe0} } // R = 0xe0..., 7/8

// pass takes a span through head and policy, below a remote parent if there is one.
type pass struct {
	id       trace.TraceID
	parent   string // tracestate
	remote   bool
	sampled  bool // the parent
	name     string
	failed   bool
	duration time.Duration
	attrs    []attribute.KeyValue
	load     float64
}

func (c pass) start(tb testing.TB, head sdktrace.Sampler) (sdktrace.SamplingResult, *decision.Span) {
	tb.Helper()
	ctx := tb.Context()
	if c.remote {
		flags := trace.TraceFlags(0)
		if c.sampled {
			flags = trace.FlagsSampled
		}
		ctx = trace.ContextWithRemoteSpanContext(ctx, spanContext(c.id, trace.SpanID{1}, flags, state(tb, c.parent)))
	}
	r := head.ShouldSample(sdktrace.SamplingParameters{ParentContext: ctx, TraceID: c.id, Name: c.name, Attributes: c.attrs})
	sc := spanContext(c.id, trace.SpanID{7: 0x40}, flagsOf(r), r.Tracestate)
	s := &decision.Span{
		Ended: &ended{name: c.name, attrs: c.attrs}, Context: sc, Error: c.failed, Duration: c.duration,
		State: decision.ReadState(sc.TraceState(), c.id),
	}
	if notes, ok := head.(decision.Notes); ok {
		notes.Ended(s)
	}
	return r, s
}

// ot returns the ot member of what is exported.
func ot(s *decision.Span, v decision.Verdict) string {
	if v.Rewrite {
		return v.State.Get("ot")
	}
	return s.Context.TraceState().Get("ot")
}

func TestDecide(t *testing.T) {
	t.Parallel()
	const (
		drop   = sdktrace.Drop
		record = sdktrace.RecordOnly
		sample = sdktrace.RecordAndSample
	)
	half := sampler.Config{Rate: 0.5, Error: true, Slow: time.Second, Propagate: true}
	plain := sampler.Config{Rate: 0.5, Propagate: true}
	ignore := sampler.Config{Rate: 0.5, Propagate: true, IgnoreParent: true}
	for _, tc := range []struct {
		name   string
		config sampler.Config
		give   pass
		head   sdktrace.SamplingDecision
		wire   string // ot as propagated
		keep   bool
		reason decision.Reason
		ot     string // as exported
	}{
		{"root, kept", half, pass{id: high()}, sample, "th:8", true, decision.ByRate, "th:8"},
		{"root, thinned", half, pass{id: low()}, record, "", false, decision.ByRate, ""},
		{"root, error", half, pass{id: low(), failed: true}, record, "", true, decision.ByError, ""},
		{"root, error that is kept anyway", half, pass{id: high(), failed: true}, sample, "th:8", true, decision.ByError, ""},
		{"root, slow", half, pass{id: low(), duration: time.Second}, record, "", true, decision.BySlow, ""},
		{"root, not slow", half, pass{id: low(), duration: time.Second - 1}, record, "", false, decision.ByRate, ""},
		{"root, dropped", plain, pass{id: low()}, drop, "", false, decision.ByRate, ""},

		{"sampled parent with a higher th", half, pass{id: high(), remote: true, sampled: true, parent: "ot=th:c"}, sample, "th:c", true, decision.ByRate, "th:c"},
		{"sampled parent with a lower th", half, pass{id: high(), remote: true, sampled: true, parent: "ot=th:4"}, sample, "th:4", true, decision.ByRate, "th:8"},
		{"sampled parent, thinned here", half, pass{id: low(), remote: true, sampled: true, parent: "ot=th:0"}, sample, "th:0", false, decision.ByRate, ""},
		{"sampled parent, error", half, pass{id: low(), remote: true, sampled: true, parent: "ot=th:1", failed: true}, sample, "th:1", true, decision.ByError, ""},
		{"sampled parent without th counts as one", half, pass{id: high(), remote: true, sampled: true}, sample, "", true, decision.ByRate, "th:8"},
		{"sampled parent without th, error", half, pass{id: high(), remote: true, sampled: true, failed: true}, sample, "", true, decision.ByError, ""},
		{"sampled parent with th above R", half, pass{id: high(), remote: true, sampled: true, parent: "ot=th:f"}, sample, "th:f", true, decision.ByRate, ""},
		{"sampled parent with malformed th", half, pass{id: high(), remote: true, sampled: true, parent: "ot=th:zz;a:b"}, sample, "th:zz;a:b", true, decision.ByRate, "a:b"},
		{"unsampled parent", half, pass{id: high(), remote: true}, record, "", false, decision.ByParent, ""},
		{"unsampled parent, error", half, pass{id: high(), remote: true, failed: true}, record, "", true, decision.ByError, ""},
		{"unsampled parent, nobody could keep", plain, pass{id: high(), remote: true}, drop, "", false, decision.ByParent, ""},

		{"ignored unsampled parent", ignore, pass{id: high(), remote: true}, sample, "th:8", true, decision.ByRate, "th:8"},
		{"ignored sampled parent", ignore, pass{id: low(), remote: true, sampled: true, parent: "ot=th:0"}, drop, "", false, decision.ByRate, ""},
		{"ignored parent's th is replaced", ignore, pass{id: high(), remote: true, sampled: true, parent: "ot=th:c,v=1"}, sample, "th:8", true, decision.ByRate, "th:8"},

		{"rv decides and stays", half, pass{id: low(), remote: true, sampled: true, parent: "ot=th:0;rv:ffffffffffffff"}, sample, "th:0;rv:ffffffffffffff", true, decision.ByRate, "th:8;rv:ffffffffffffff"},
		{"a mark of someone else says nothing", half, pass{id: high(), remote: true, parent: "tracehook=l00000000,ot=th:8"}, record, "th:8", false, decision.ByParent, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := policy(t, tc.config)
			r, s := tc.give.start(t, sampler.NewHead(p))
			if r.Decision != tc.head {
				t.Errorf("head decides %v, want %v", r.Decision, tc.head)
			}
			if got := r.Tracestate.Get("ot"); got != tc.wire {
				t.Errorf("propagated ot %q, want %q", got, tc.wire)
			}
			v := p.Decide(s, 0)
			if v.Keep != tc.keep || v.Reason != tc.reason {
				t.Errorf("keep %v by %v, want %v by %v", v.Keep, v.Reason, tc.keep, tc.reason)
			}
			if v.Keep {
				weigh(t, s, v)
				if got := ot(s, v); got != tc.ot {
					t.Errorf("exported ot %q, want %q", got, tc.ot)
				}
			}
		})
	}
}

// Children are decided on their own name, at any depth, whatever became of their parent.
func TestLocalChildrenAreDecidedOnTheirOwn(t *testing.T) {
	t.Parallel()
	p := policy(t, sampler.Config{Rate: 0.1, Propagate: true, Rules: []sampler.Rule{{Name: "loose", Sample: 1}, {Name: "never", Sample: 0}}})
	head := sampler.NewHead(p)
	id := low()
	ctx := t.Context()
	for i, tc := range []struct {
		name string
		want sdktrace.SamplingDecision
		ot   string
	}{
		{"root", sdktrace.RecordOnly, ""},
		{"never", sdktrace.RecordOnly, ""},
		{"loose", sdktrace.RecordAndSample, ""},
		{"root", sdktrace.RecordOnly, ""},
		{"loose", sdktrace.RecordAndSample, ""},
		{"loose", sdktrace.RecordAndSample, ""},
	} {
		r := head.ShouldSample(sdktrace.SamplingParameters{ParentContext: ctx, TraceID: id, Name: tc.name})
		if r.Decision != tc.want || r.Tracestate.Get("ot") != tc.ot {
			t.Fatalf("span %d, %q: %v with %q, want %v with %q", i, tc.name, r.Decision, r.Tracestate, tc.want, tc.ot)
		}
		ts, sc := r.Tracestate, spanContext(id, trace.SpanID{byte(i + 1)}, flagsOf(r), r.Tracestate)
		ctx = trace.ContextWithSpanContext(t.Context(), sc) //nolint:fatcontext // not nested: always on the test's own
		s := decision.Span{Ended: &ended{name: tc.name}, Context: sc, State: decision.ReadState(ts, id)}
		head.Ended(&s)
		if v := p.Decide(&s, 0); v.Keep != (tc.name == "loose") || v.Keep && !v.Known {
			t.Fatalf("span %d, %q: verdict %+v", i, tc.name, v)
		}
	}
}

// Spans of a provider that doesn't use the head have no known weight.
func TestForeignSpans(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		state   trace.TraceState
		flags   trace.TraceFlags
		failed  bool
		assume  bool
		keep    bool
		reason  decision.Reason
		ot      string
		rewrite bool
	}{
		{"sampled", trace.TraceState{}, 1, false, false, true, decision.ByRate, "", false},
		{"not sampled", trace.TraceState{}, 0, false, false, false, decision.ByParent, "", false},
		{"not sampled, error", trace.TraceState{}, 0, true, true, true, decision.ByError, "", false},
		{"sampled, error", trace.TraceState{}, 1, true, false, true, decision.ByError, "", false},
		{"everything is sampled", trace.TraceState{}, 1, false, true, true, decision.ByRate, "th:8", true},
		{"everything is sampled, error", trace.TraceState{}, 1, true, true, true, decision.ByError, "", false},
		{"th:0 of unknown origin", state(t, "ot=th:0"), 1, false, false, true, decision.ByRate, "", true},
		{"th that contradicts itself", state(t, "ot=th:f"), 1, false, false, true, decision.ByRate, "", true},
		{"th of unknown origin", state(t, "ot=th:4;a:b"), 1, false, false, true, decision.ByRate, "a:b", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := policy(t, sampler.Config{Rate: 0.5, Error: true, Propagate: true, AssumeAlwaysOn: tc.assume})
			head := sampler.NewHead(p)
			sc := spanContext(high(), trace.SpanID{1}, tc.flags, tc.state)
			s := decision.Span{Ended: &ended{}, Context: sc, State: decision.ReadState(tc.state, high()), Error: tc.failed}
			head.Ended(&s)
			v := p.Decide(&s, 0)
			if v.Keep != tc.keep || v.Reason != tc.reason || v.Rewrite != tc.rewrite {
				t.Fatalf("%+v, want keep %v by %v, rewrite %v", v, tc.keep, tc.reason, tc.rewrite)
			}
			if v.Keep {
				weigh(t, &s, v)
				if got := ot(&s, v); got != tc.ot {
					t.Errorf("exported ot %q, want %q", got, tc.ot)
				}
			}
		})
	}
}

// A child whose threshold differs from its parent's keeps the members of others, and rv.
func TestLocalChildrenKeepForeignMembers(t *testing.T) {
	t.Parallel()
	p := policy(t, sampler.Config{Rate: 0.5, Error: true, Propagate: true, Rules: []sampler.Rule{{Name: "loose", Sample: 1}, {Name: "never", Sample: 0}}})
	head := sampler.NewHead(p)
	pass{id: high()}.start(t, head)
	for _, tc := range []struct{ name, give, want string }{
		{"loose", "ot=th:8,v=1", "v=1"},
		{"never", "ot=th:8,v=1", "v=1"},
		{"other", "ot=th:8,v=1", "ot=th:8,v=1"},
		{"loose", "v=1", "v=1"},
		{"loose", "ot=th:8;rv:80000000000000", "ot=rv:80000000000000"},
		{"other", "ot=rv:70000000000000", "ot=rv:70000000000000"},
	} {
		ctx := trace.ContextWithSpanContext(t.Context(), spanContext(high(), trace.SpanID{1}, 1, state(t, tc.give)))
		r := head.ShouldSample(sdktrace.SamplingParameters{ParentContext: ctx, TraceID: high(), Name: tc.name})
		if got := r.Tracestate.String(); got != tc.want {
			t.Errorf("%s below %q:\ngot  %q\nwant %q", tc.name, tc.give, got, tc.want)
		}
	}
}

// A framework span's own words count first; then OpenTelemetry's kind and the resource.
func TestKindAndServiceOfASpan(t *testing.T) {
	t.Parallel()
	p := policy(t, sampler.Config{Rate: 1, Service: "process", Rules: []sampler.Rule{
		{Kind: "queue"},
		{Kind: "server"},
		{Service: "user"},
		{Service: "shop*"},
		{Service: "process"},
		{Attrs: map[string][]string{"tracehook.kind": {"job"}}},
	}})
	head := sampler.NewHead(p)
	shop := resource.NewSchemaless(attribute.String("service.name", "shop-api"))
	for _, tc := range []struct {
		name  string
		kind  trace.SpanKind
		attrs []attribute.KeyValue
		res   *resource.Resource
		want  int32
	}{
		{"framework kind", trace.SpanKindConsumer, []attribute.KeyValue{vocab.Kind.String("queue")}, shop, 0},
		{"framework kind hides the other", trace.SpanKindServer, []attribute.KeyValue{vocab.Kind.String("http")}, nil, 4},
		{"a kind of the application's own", trace.SpanKindInternal, []attribute.KeyValue{vocab.Kind.String("job")}, resource.Empty(), 5},
		{"kind", trace.SpanKindServer, nil, shop, 1},
		{"framework service", trace.SpanKindClient, []attribute.KeyValue{vocab.Service.String("user")}, shop, 2},
		{"resource", trace.SpanKindProducer, nil, shop, 3},
		{"no resource", trace.SpanKindInternal, nil, nil, 4},
		{"a service of another type", trace.SpanKindInternal, []attribute.KeyValue{vocab.Service.Int(1)}, shop, 3},
		{"nothing known", trace.SpanKindUnspecified, nil, resource.Empty(), -1},
	} {
		_, s := pass{id: high()}.start(t, head)
		s.Ended = &ended{name: "x", kind: tc.kind, attrs: tc.attrs, res: tc.res}
		if v := p.Decide(s, 0); v.Rule != tc.want {
			t.Errorf("%s: rule %d, want %d", tc.name, v.Rule, tc.want)
		}
	}
}

// A number is one number, whatever its type; the first sight of a name and the later ones agree.
func TestNumbersOfAnAttribute(t *testing.T) {
	t.Parallel()
	p := policy(t, sampler.Config{Rate: 1, Rules: []sampler.Rule{
		{Attrs: map[string][]string{"n": {"1000000"}}},
		{Attrs: map[string][]string{"n": {"-0.5", "1e+300"}}},
		{Attrs: map[string][]string{"n": {"0"}}},
	}})
	head := sampler.NewHead(p)
	for _, tc := range []struct {
		value attribute.Value
		want  int32
	}{
		{attribute.IntValue(1_000_000), 0},
		{attribute.Float64Value(1e6), 0},
		{attribute.StringValue("1000000"), 0},
		{attribute.Float64SliceValue([]float64{1, 1e6}), 0},
		{attribute.Float64Value(1e6 + 0.5), -1},
		{attribute.Float64Value(-0.5), 1},
		{attribute.Float64Value(1e300), 1},
		{attribute.Float64Value(math.Copysign(0, -1)), 2},
		{attribute.Float64Value(math.NaN()), -1},
		{attribute.Float64Value(math.Inf(-1)), -1},
	} {
		_, s := pass{id: high(), attrs: []attribute.KeyValue{{Key: "n", Value: tc.value}}}.start(t, head)
		for range 2 {
			if v := p.Decide(s, 0); v.Rule != tc.want {
				t.Errorf("%s: rule %d, want %d", tc.value.String(), v.Rule, tc.want)
			}
		}
	}
}

// A span of which no head has said anything is a foreign one.
func TestSpanWithoutNotesIsForeign(t *testing.T) {
	t.Parallel()
	p := policy(t, sampler.Config{Rate: 1})
	s := decision.Read(tracetest.SpanStub{Name: "x", SpanContext: spanContext(high(), trace.SpanID{1}, 1, trace.TraceState{})}.Snapshot())
	if v := p.Decide(&s, 0); !v.Keep || v.Known {
		t.Errorf("%+v, want kept, weight unknown", v)
	}
}

// An exported rv says which bits decided; the propagated one stays.
func TestSpanKeysExportTheirRandomness(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		key  sampler.Key
		id   trace.TraceID
		want string
	}{
		{sampler.BySpanID, low(), "th:0;rv:00000000000040"},
		{sampler.ByTraceSpan, low(), "th:0;rv:20000000000040"},
	} {
		p := policy(t, sampler.Config{Rate: 1, Key: tc.key, Weights: sampler.WeightsAlways})
		r, s := pass{id: tc.id}.start(t, sampler.NewHead(p))
		if r.Decision != sdktrace.RecordOnly || strings.Contains(r.Tracestate.String(), "rv") {
			t.Errorf("key %v: head decides %v and propagates %q", tc.key, r.Decision, r.Tracestate)
		}
		v := p.Decide(s, 0)
		if got := ot(s, v); got != tc.want {
			t.Errorf("key %v: exported %q, want %q", tc.key, got, tc.want)
		}
	}
}

// An exact share: 29 of every 100, though 0.29 is no binary fraction.
func TestCounterKeyIsExact(t *testing.T) {
	t.Parallel()
	for _, percent := range []int{0, 1, 10, 29, 57, 99, 100} {
		p := policy(t, sampler.Config{Rate: float64(percent) / 100, Key: sampler.ByCounter})
		head := sampler.NewHead(p)
		_, s := pass{id: low()}.start(t, head)
		for window := range 50 {
			kept := 0
			for range 100 {
				if v := p.Decide(s, 0); v.Keep {
					if kept++; v.Known {
						t.Fatal("an exact share claims a probability")
					}
				}
			}
			if kept != percent {
				t.Fatalf("%d %%: hundred number %d kept %d", percent, window, kept)
			}
		}
	}
}

func TestVerdictNamesTheRule(t *testing.T) {
	t.Parallel()
	p := policy(t, sampler.Config{Rate: 0.2, Rules: []sampler.Rule{
		{Name: "a*", Sample: 0.5}, {Name: "ab*", Sample: 1, Attrs: map[string][]string{"n": {"1", "2"}}},
	}})
	head := sampler.NewHead(p)
	type got struct {
		Rule   int32
		Reason decision.Reason
		P      string
	}
	for _, tc := range []struct {
		give pass
		want got
	}{
		{pass{name: "x"}, got{-1, decision.ByRate, "cccd"}},
		{pass{name: "abc"}, got{0, decision.ByRule, "8"}},
		{pass{name: "abc", attrs: []attribute.KeyValue{attribute.Int("n", 2)}}, got{1, decision.ByRule, "0"}},
		{pass{name: "abc", attrs: []attribute.KeyValue{attribute.Int("n", 3)}}, got{0, decision.ByRule, "8"}},
	} {
		tc.give.id = high()
		_, s := tc.give.start(t, head)
		v := p.Decide(s, 0)
		if diff := cmp.Diff(tc.want, got{v.Rule, v.Reason, v.Threshold.String()}); diff != "" {
			t.Errorf("%q %v: %s", tc.give.name, tc.give.attrs, diff)
		}
	}
}
