package otelhook_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
)

type ctxKey int

// TestSpansEndInAnyOrder begins and ends spans, and sets values, at random, and compares
// with an oracle: the current span is the one that was begun last of those still open.
func TestSpansEndInAnyOrder(t *testing.T) {
	t.Parallel()
	_, tp, _ := newHook(t, sdktrace.WithRawSpanLimits(sdktrace.NewSpanLimits()))
	own := otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](tp)
	other := otelhook.NewHook[*infraMeta, infraTraceSpan](tp)
	for seed := range uint64(500) {
		m := tracehook.NewMeta().WithContext(t.Context())
		anyOrder(t, seed, func(name string) tracehook.TraceSpan { return own.Begin(m, name, nil) },
			m.Context, func(ctx context.Context) { m.WithContext(ctx) }, func() string { return m.SpanId() })
		f := newInfraMeta().WithContext(t.Context())
		anyOrder(t, seed, func(name string) tracehook.TraceSpan { return other.Begin(f, name, nil) },
			f.Context, func(ctx context.Context) { f.WithContext(ctx) }, func() string { return f.SpanId() })
		if t.Failed() {
			return
		}
	}
}

type openSpan struct {
	span tracehook.TraceSpan
	id   trace.SpanID
}

func anyOrder(t *testing.T, seed uint64, begin func(string) tracehook.TraceSpan,
	current func() context.Context, setContext func(context.Context), metaID func() string,
) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	var open []openSpan
	values := 0
	var log []string
	for step := range 40 {
		switch n := r.IntN(10); {
		case n < 4:
			s := begin(strconv.Itoa(step))
			open = append(open, openSpan{s, trace.SpanContextFromContext(current()).SpanID()})
			log = append(log, "begin")
		case n < 5:
			setContext(context.WithValue(current(), ctxKey(values), values))
			values++
			log = append(log, "value")
		case len(open) > 0:
			i := r.IntN(len(open))
			open[i].span.End()
			open[i].span.End()
			open = slices.Delete(open, i, i+1)
			log = append(log, fmt.Sprint("end ", i))
		}
		var want trace.SpanID
		wantText := ""
		if len(open) > 0 {
			want = open[len(open)-1].id
			wantText = want.String()
		}
		if got := trace.SpanContextFromContext(current()).SpanID(); got != want {
			t.Fatalf("seed %d: current span %s, want %s, after %v", seed, got, want, log)
		}
		if got := metaID(); got != wantText {
			t.Fatalf("seed %d: Meta says span %q, want %q, after %v", seed, got, wantText, log)
		}
	}
	for _, o := range open {
		o.span.End()
	}
	if sc := trace.SpanContextFromContext(current()); sc.IsValid() {
		t.Fatalf("seed %d: a span is current after all have ended", seed)
	}
}

func TestEndKeepsValuesThatWereSetUnderTheSpan(t *testing.T) {
	t.Parallel()
	hook, _, _ := newHook(t)
	m := tracehook.NewMeta()
	outer := hook.Begin(m, "outer", nil)
	outerID := m.SpanId()
	inner := hook.Begin(m, "inner", nil)
	m.WithContext(context.WithValue(m.Context(), ctxKey(1), "kept"))
	inner.End()
	if m.SpanId() != outerID || m.Context().Value(ctxKey(1)) != "kept" {
		t.Errorf("span %s, value %v", m.SpanId(), m.Context().Value(ctxKey(1)))
	}
	outer.End()
	if m.SpanId() != "" || m.Context().Value(ctxKey(1)) != "kept" {
		t.Errorf("span %q, value %v", m.SpanId(), m.Context().Value(ctxKey(1)))
	}
	hook.Begin(m, "root", nil).End()
}

func TestEndRestoresTheVeryContextThatBeginFound(t *testing.T) {
	t.Parallel()
	hook, _, _ := newHook(t)
	ctx := context.WithValue(t.Context(), ctxKey(1), 1)
	m := tracehook.NewMeta().WithContext(ctx)
	for range 1000 {
		a := hook.Begin(m, "a", nil)
		b := hook.Begin(m, "b", nil)
		a.End()
		b.End()
	}
	if m.Context() != ctx {
		t.Errorf("the context is %v, want the one before", m.Context())
	}
}

func TestEndLeavesAContextFromElsewhereAlone(t *testing.T) {
	t.Parallel()
	hook, tp, _ := newHook(t)
	m := tracehook.NewMeta()

	s := hook.Begin(m, "s", nil)
	m.WithContext(t.Context())
	s.End()
	if m.Context() != t.Context() {
		t.Error("a context that has nothing to do with the span was replaced")
	}

	s = hook.Begin(m, "s", nil)
	current := trace.SpanFromContext(m.Context())
	m.WithContext(trace.ContextWithSpan(context.Background(), current))
	s.End()
	if trace.SpanContextFromContext(m.Context()).IsValid() {
		t.Error("the ended span is current, in a context of somebody else's making")
	}

	m.WithContext(t.Context())
	s = hook.Begin(m, "s", nil)
	ctx, child := tp.Tracer("other").Start(m.Context(), "child")
	m.WithContext(ctx)
	s.End()
	if trace.SpanFromContext(m.Context()) != child {
		t.Error("an open span of somebody else isn't current any more")
	}
	n := hook.Begin(m, "n", nil)
	child.End()
	n.End()
	if trace.SpanContextFromContext(m.Context()).IsValid() {
		t.Error("an ended span is current")
	}
}

func TestEndDecidesTheStatus(t *testing.T) {
	t.Parallel()
	var typedNil *fakeResult
	long := strings.Repeat("ä", 100_000)
	tests := []struct {
		name   string
		begin  tracehook.Map
		give   []any
		code   codes.Code
		text   string
		status any // tracehook.status
		number any // tracehook.code
	}{
		{name: "nothing"},
		{name: "nils", give: []any{nil, error(nil), typedNil, []int(nil)}},
		{name: "error", give: []any{nil, errors.New("bad")}, code: codes.Error, text: "bad"},
		{name: "text", give: []any{"bad"}, code: codes.Error, text: "bad"},
		{name: "number", give: []any{7}, code: codes.Error, text: "7"},
		{name: "not UTF-8", give: []any{"a\xff"}, code: codes.Error, text: "a\uFFFD"},
		{name: "good result", give: []any{&fakeResult{ok: true, status: "OK", text: "fine"}}},
		{name: "good result without a word", give: []any{&fakeResult{ok: true}}},
		{name: "good result of its own kind", give: []any{&fakeResult{ok: true, status: "cached"}}, status: "cached", number: int64(0)},
		{name: "retry", give: []any{&fakeResult{code: 2, status: " Retry", text: "busy"}}, code: codes.Error, text: "busy", status: "retry", number: int64(2)},
		{name: "bad result without words", give: []any{&fakeResult{}}, code: codes.Error, text: "fail", status: "fail", number: int64(1)},
		{name: "result that panics", give: []any{panickyResult{}}, code: codes.Error, text: "result of type otelhook_test.panickyResult panicked"},
		{name: "begun ok", begin: tracehook.Map{"status": "ok"}, status: "ok"},
		{name: "begun with a status", begin: tracehook.Map{"status": "Retry", "result": "busy", "code": 2}, code: codes.Error, text: "busy", status: "retry", number: int64(2)},
		{name: "begun with a word alone", begin: tracehook.Map{"status": "retry"}, code: codes.Error, text: "retry", status: "retry"},
		{name: "begun with a code", begin: tracehook.Map{"code": 3}, code: codes.Error, number: int64(3)},
		{name: "begun bad, ended well", begin: tracehook.Map{"status": "retry", "result": "busy"}, give: []any{&fakeResult{ok: true}}, status: "ok", number: int64(0)},
		{name: "begun well, ended badly", begin: tracehook.Map{"status": "ok"}, give: []any{errors.New("bad")}, code: codes.Error, text: "bad", status: "error", number: int64(1)},
		{name: "long", give: []any{long}, code: codes.Error, text: long[:65532] + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			hook, _, exp := newHook(t)
			s := hook.Begin(tracehook.NewMeta(), "s", tt.begin)
			s.End(tt.give...)
			s.End(errors.New("too late"))
			got := byName(t, exp)["s"]
			if got.Status.Code != tt.code || got.Status.Description != tt.text {
				t.Errorf("status %v %.99q, want %v %.99q", got.Status.Code, got.Status.Description, tt.code, tt.text)
			}
			var status, number any
			for _, kv := range got.Attributes {
				switch kv.Key {
				case "tracehook.status":
					status = kv.Value.AsInterface()
				case "tracehook.code":
					number = kv.Value.AsInterface()
				}
			}
			if status != tt.status || number != tt.number {
				t.Errorf("status word %v, code %v; want %v, %v", status, number, tt.status, tt.number)
			}
		})
	}
}

type fakeResult struct {
	status, text string
	code         int
	ok           bool
}

func (r *fakeResult) OK() bool       { return r.ok }
func (r *fakeResult) Code() int      { return r.code }
func (r *fakeResult) Status() string { return r.status }
func (r *fakeResult) Error() string  { return r.text }

type panickyResult struct{}

func (panickyResult) OK() bool       { return false }
func (panickyResult) Code() int      { return 0 }
func (panickyResult) Error() string  { return "" }
func (panickyResult) Status() string { panic("no status") } //nolint:forbidigo // what End must survive

func TestEndRecordsAPanicAndLetsItGoOn(t *testing.T) {
	t.Parallel()
	cause := errors.New("the cause")
	tests := []struct {
		name  string
		panic any
		text  string
	}{
		{"error", cause, "the cause"},
		{"text", "boom", "boom"},
		{"nil", nil, "panic called with nil argument"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			hook, _, exp := newHook(t)
			m := tracehook.NewMeta()
			got := func() (v any) {
				defer func() { v = recover() }()
				span := hook.Begin(m, "s", nil)
				defer span.End()
				panic(tt.panic) //nolint:forbidigo // what is tested
			}()
			if tt.panic != nil && got != tt.panic {
				t.Errorf("the panic went on as %v, want %v itself", got, tt.panic)
			}
			if got == nil {
				t.Error("the panic was swallowed")
			}
			if m.SpanId() != "" {
				t.Error("the span is still current")
			}
			s := byName(t, exp)["s"]
			if s.Status.Code != codes.Error || s.Status.Description != "panic: "+tt.text {
				t.Errorf("status %+v", s.Status)
			}
			if len(s.Events) != 1 || s.Events[0].Name != "exception" {
				t.Errorf("events %+v, want one exception", s.Events)
			}
		})
	}
	t.Run("left alone", func(t *testing.T) {
		t.Parallel()
		_, tp, exp := newHook(t)
		hook := otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](tp, otelhook.WithoutPanicRecording())
		func() {
			defer func() { _ = recover() }()
			defer hook.Begin(nil, "s", nil).End()
			panic(cause) //nolint:forbidigo // what is tested
		}()
		if s := byName(t, exp)["s"]; s.Status.Code != codes.Unset || len(s.Events) != 0 {
			t.Errorf("status %v, events %v", s.Status, s.Events)
		}
	})
	t.Run("a goroutine that exits isn't a panic", func(t *testing.T) {
		t.Parallel()
		hook, _, exp := newHook(t)
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer hook.Begin(nil, "s", nil).End()
			runtime.Goexit()
		}()
		<-done
		if s := byName(t, exp)["s"]; s.Status.Code != codes.Unset {
			t.Errorf("status %v", s.Status)
		}
	})
	t.Run("a span that has ended lets it pass", func(t *testing.T) {
		t.Parallel()
		hook, _, exp := newHook(t)
		got := func() (v any) {
			defer func() { v = recover() }()
			span := hook.Begin(nil, "s", nil)
			defer span.End()
			span.End()
			panic(cause) //nolint:forbidigo // what is tested
		}()
		if got != cause { //nolint:errorlint // the very value
			t.Errorf("the panic went on as %v", got)
		}
		if s := byName(t, exp)["s"]; s.Status.Code != codes.Unset {
			t.Errorf("status %v", s.Status)
		}
	})
}

func TestHookOnAProviderThatDoesNothing(t *testing.T) {
	t.Parallel()
	hook := otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](noop.NewTracerProvider())
	parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, Remote: true})
	for name, ctx := range map[string]context.Context{
		"root": t.Context(), "remote parent": trace.ContextWithRemoteSpanContext(t.Context(), parent),
	} {
		m := tracehook.NewMeta().WithContext(ctx)
		a, b := hook.Begin(m, "a", nil), hook.Begin(m, "b", nil)
		a.End(errors.New("x"))
		b.End()
		if m.Context() != ctx {
			t.Errorf("%s: the context isn't the one before", name)
		}
		a = hook.Begin(m, "a", nil)
		m.WithContext(ctx)
		a.End()
		if m.Context() != ctx {
			t.Errorf("%s: a context from elsewhere was replaced", name)
		}
		a = hook.Begin(m, "a", nil)
		m.WithContext(context.WithValue(m.Context(), ctxKey(1), 1))
		a.End()
		if m.Context().Value(ctxKey(1)) != 1 || trace.SpanContextFromContext(m.Context()).SpanID() != trace.SpanContextFromContext(ctx).SpanID() {
			t.Errorf("%s: the value or the parent is gone", name)
		}
	}
}

func TestSpanNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		give string
		step any
		want string
	}{
		{"service:a", "internal", "service:a"}, {"", "step", "step"}, {"", nil, "unnamed"}, {"a\xff", nil, "a\uFFFD"},
	} {
		hook, _, exp := newHook(t)
		hook.Begin(nil, tt.give, tracehook.Map{"step": tt.step}).End()
		if got := exp.GetSpans()[0].Name; got != tt.want {
			t.Errorf("span %q with step %v is named %q, want %q", tt.give, tt.step, got, tt.want)
		}
	}
}

func TestSpanKinds(t *testing.T) {
	t.Parallel()
	for want, words := range map[trace.SpanKind][]string{
		trace.SpanKindInternal: {"", "internal", "method", "service", "trigger", "cron", "custom", "unknown", "saga"},
		trace.SpanKindServer:   {"server", "http", "web", "HTTP", " Web "},
		trace.SpanKindClient:   {"client"},
		trace.SpanKindProducer: {"producer"},
		trace.SpanKindConsumer: {"consumer", "event", "queue"},
	} {
		for _, word := range words {
			hook, _, exp := newHook(t)
			hook.Begin(nil, "s", tracehook.Map{"kind": word}).End()
			if got := exp.GetSpans()[0].SpanKind; got != want {
				t.Errorf("kind %q became %v, want %v", word, got, want)
			}
		}
	}
}

func TestHookOnAProviderThatRecordsNothing(t *testing.T) {
	t.Parallel()
	hook, _, exp := newHook(t, sdktrace.WithSampler(sdktrace.NeverSample()))
	m := tracehook.NewMeta()
	m.ParseTraceParent(remoteHeader)
	a := hook.Begin(m, "a", tracehook.Map{"status": "retry"})
	aID := m.SpanId()
	if m.TraceId() != remoteTrace || m.ParentSpanId() != remoteSpan || aID == "" {
		t.Errorf("trace %s, parent %s, span %q", m.TraceId(), m.ParentSpanId(), aID)
	}
	if got := m.TraceParent(); got != "00-"+remoteTrace+"-"+aID+"-00" {
		t.Errorf("TraceParent = %s, want one that isn't sampled", got)
	}
	b := hook.Begin(m, "b", nil)
	if m.ParentSpanId() != aID {
		t.Errorf("parent %q, want %q", m.ParentSpanId(), aID)
	}
	b.End(errors.New("x"))
	if m.SpanId() != aID {
		t.Errorf("span %q is current, want %q", m.SpanId(), aID)
	}
	a.End(errors.New("x"))
	func() {
		defer func() { _ = recover() }()
		defer hook.Begin(m, "c", nil).End()
		panic("x") //nolint:forbidigo // what is tested
	}()
	if m.SpanId() != "" || len(exp.GetSpans()) != 0 {
		t.Errorf("span %q is current, %d were exported", m.SpanId(), len(exp.GetSpans()))
	}
}
