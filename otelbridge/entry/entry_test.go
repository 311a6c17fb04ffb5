package entry_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/tracehook/tracehook"
	"github.com/tracehook/tracehook/otelbridge/entry"
	"github.com/tracehook/tracehook/otelbridge/otelhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// traced returns a Tracer on a provider of its own, and that provider's spans.
func traced() (entry.Tracer, *tracetest.SpanRecorder) {
	recorder := tracetest.NewSpanRecorder()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	p := propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
	return entry.Tracer{Hook: otelhook.NewHook[*tracehook.Meta, tracehook.TraceSpan](tp), Propagator: p, Service: "shop"}, recorder
}

func attrs(s sdktrace.ReadOnlySpan) map[string]string {
	out := map[string]string{}
	for _, a := range s.Attributes() {
		out[string(a.Key)] = a.Value.String()
	}
	return out
}

// Each kind of entry has its name, OpenTelemetry's kind, the framework's attributes and the
// conventions'.
func TestKinds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind  string
		otel  trace.SpanKind
		attrs string
	}{
		{"http", trace.SpanKindServer, "module=http operation=serve"},
		{"web", trace.SpanKindServer, "module=web operation=serve"},
		{"event", trace.SpanKindConsumer, "module=event operation=consume connection=main attempt=2 messaging.system=nats messaging.destination.name=k messaging.operation.type=process messaging.operation.name=process"},
		{"queue", trace.SpanKindConsumer, "module=queue operation=consume connection=main attempt=2 messaging.system=nats messaging.destination.name=k messaging.operation.type=process messaging.operation.name=process"},
		{"method", trace.SpanKindInternal, "module=core operation=invoke"},
		{"service", trace.SpanKindInternal, "module=core operation=invoke"},
		{"trigger", trace.SpanKindInternal, "module=core operation=invoke"},
		{"cron", trace.SpanKindInternal, "module=core operation=invoke"},
		{"", trace.SpanKindInternal, "module=core operation=invoke"},
	} {
		tracer, spans := traced()
		e := entry.Entry{Kind: tt.kind, Key: "k", Connection: "main", System: "nats", Attempt: 2, Attrs: tracehook.Map{"mine": 1}}
		if err := tracer.Run(t.Context(), e, func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
		s := spans.Ended()[0]
		kind := tt.kind
		if kind == "" {
			kind = "custom"
		}
		got := attrs(s)
		if s.Name() != kind+":k" || s.SpanKind() != tt.otel || s.Status().Code != codes.Unset {
			t.Errorf("%s: %s, %v, %v", tt.kind, s.Name(), s.SpanKind(), s.Status())
		}
		want := tt.attrs + " mine=1 tracehook.kind=" + kind + " tracehook.service=shop tracehook.target=k"
		for pair := range strings.FieldsSeq(want) {
			key, value, _ := strings.Cut(pair, "=")
			if got[key] != value {
				t.Errorf("%s: %s is %q, want %q", tt.kind, key, got[key], value)
			}
		}
		if n := len(strings.Fields(want)); len(got) != n {
			t.Errorf("%s: %d attributes, want %d: %v", tt.kind, len(got), n, got)
		}
	}
}

// How a span ends is what the function has returned; a panic goes on.
func TestStatuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		f    func() error
		code codes.Code
		text string
		word string
	}{
		"ok":    {func() error { return nil }, codes.Unset, "", ""},
		"error": {func() error { return errors.New("no stock") }, codes.Error, "no stock", ""},
		"retry": {func() error { return entry.Retry(errors.New("busy")) }, codes.Error, "busy", "retry"},
		"panic": {func() error { panic("oops") }, codes.Error, "panic: oops", ""}, //nolint:forbidigo // as users do
	} {
		tracer, spans := traced()
		var err error
		var panicked any
		func() {
			defer func() { panicked = recover() }()
			err = tracer.Run(t.Context(), entry.Entry{Kind: "queue", Key: "k"}, func(context.Context) error { return tt.f() })
		}()
		all := spans.Ended()
		if len(all) != 1 {
			t.Fatalf("%s: %d spans", name, len(all))
		}
		if st := all[0].Status(); st.Code != tt.code || st.Description != tt.text || attrs(all[0])["tracehook.status"] != tt.word {
			t.Errorf("%s: %v, %v", name, st, attrs(all[0]))
		}
		if (panicked != nil) != (name == "panic") || name == "panic" && (panicked != "oops" || len(all[0].Events()) != 1) {
			t.Errorf("%s: panicked with %v, events %v", name, panicked, all[0].Events())
		}
		if name != "ok" && name != "panic" && err == nil {
			t.Errorf("%s: the error is gone", name)
		}
	}
	if entry.Retry(nil) != nil {
		t.Error("nothing is to be tried again")
	}
	if cause := errors.New("x"); !errors.Is(entry.Retry(cause), cause) {
		t.Error("the cause is gone")
	}
}

// A job has its sender as parent, or as link; a batch has a link for each message.
func TestQueues(t *testing.T) {
	t.Parallel()
	tracer, spans := traced()
	var batch []propagation.TextMapCarrier
	send := func() (propagation.MapCarrier, trace.SpanContext) {
		carrier := propagation.MapCarrier{}
		err := tracer.Send(t.Context(), entry.Entry{Kind: "queue", Key: "orders", Carrier: carrier}, func(ctx context.Context) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		all := spans.Ended()
		return carrier, all[len(all)-1].SpanContext()
	}
	carrier, sender := send()
	producer := spans.Ended()[0]
	if got := attrs(producer); producer.SpanKind() != trace.SpanKindProducer || producer.Name() != "queue:orders" ||
		got["operation"] != "publish" || got["messaging.operation.type"] != "send" {
		t.Errorf("the producer is %v with %v", producer.SpanKind(), got)
	}
	receive := func(e entry.Entry) sdktrace.ReadOnlySpan {
		err := tracer.Run(t.Context(), e, func(ctx context.Context) error {
			return tracer.Invoke(ctx, "method", "charge", func(ctx context.Context) error {
				entry.MetaFrom(ctx).Fork()
				return nil
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		all := spans.Ended()
		child, s := all[len(all)-2], all[len(all)-1]
		if child.Parent().SpanID() != s.SpanContext().SpanID() || child.Name() != "method:charge" {
			t.Errorf("%s is below %v", child.Name(), child.Parent())
		}
		return s
	}
	if s := receive(entry.Entry{Kind: "queue", Key: "orders", Carrier: carrier}); s.Parent().SpanID() != sender.SpanID() || len(s.Links()) > 0 || !s.Parent().IsRemote() {
		t.Errorf("the parent is %v, links %v", s.Parent(), s.Links())
	}
	if s := receive(entry.Entry{Kind: "queue", Key: "orders", Carrier: carrier, Linked: true}); s.Parent().IsValid() || len(s.Links()) != 1 || s.Links()[0].SpanContext.SpanID() != sender.SpanID() {
		t.Errorf("the parent is %v, links %v", s.Parent(), s.Links())
	}
	batch = append(batch, carrier, nil, propagation.MapCarrier{"traceparent": "rubbish"})
	other, second := send()
	s := receive(entry.Entry{Kind: "queue", Key: "orders", Batch: append(batch, other)})
	if s.Parent().IsValid() || len(s.Links()) != 2 || s.Links()[1].SpanContext.SpanID() != second.SpanID() || attrs(s)["messaging.batch.message_count"] != "4" {
		t.Errorf("the batch has parent %v, links %v, %v", s.Parent(), s.Links(), attrs(s))
	}
}

// An edge of one entry begins a new trace, with a link or without, and lets baggage pass by name.
func TestEdgeOfAnEntry(t *testing.T) {
	t.Parallel()
	stranger := propagation.MapCarrier{"traceparent": "00-0102030405060708ffffffffffffffff-0102030405060708-01", "baggage": "tenant=a,role=admin"}
	for edge, links := range map[entry.Edge]int{entry.Continue: 0, entry.Restart: 1, entry.Ignore: 0} {
		tracer, spans := traced()
		tracer.Edge, tracer.EdgeBaggage = edge, []string{"tenant"}
		bag := ""
		if err := tracer.Run(t.Context(), entry.Entry{Kind: "event", Key: "k", Carrier: stranger}, func(ctx context.Context) error {
			out := propagation.MapCarrier{}
			tracer.Propagator.Inject(ctx, out)
			bag = out["baggage"]
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		s := spans.Ended()[0]
		if own := s.SpanContext().TraceID().String() != "0102030405060708ffffffffffffffff"; own != (edge != entry.Continue) || len(s.Links()) != links {
			t.Errorf("edge %d: trace %v, links %v", edge, s.SpanContext().TraceID(), s.Links())
		}
		if want := "tenant=a"; edge != entry.Continue && bag != want || edge == entry.Continue && len(bag) != len("tenant=a,role=admin") {
			t.Errorf("edge %d: baggage %q", edge, bag)
		}
	}
}

// A child process continues the trace, and doesn't get what this process was given.
func TestChildProcesses(t *testing.T) {
	t.Parallel()
	tracer, spans := traced()
	given := []string{"PATH=/bin", "TRACEPARENT=00-0102030405060708ffffffffffffffff-0102030405060708-01", "TRACESTATE=a=1", "BAGGAGE=k=v"}
	var child []string
	ctx := tracer.FromEnviron(t.Context(), given)
	if err := tracer.Invoke(ctx, "cron", "nightly", func(ctx context.Context) error {
		child = tracer.ChildEnviron(ctx, given)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	s := spans.Ended()[0]
	if s.Parent().SpanID().String() != "0102030405060708" || !s.Parent().IsRemote() {
		t.Errorf("the parent is %v", s.Parent())
	}
	slices.Sort(child)
	want := []string{"BAGGAGE=k=v", "PATH=/bin", "TRACEPARENT=00-0102030405060708ffffffffffffffff-" + s.SpanContext().SpanID().String() + "-01", "TRACESTATE=a=1"}
	if !slices.Equal(child, want) {
		t.Errorf("the child gets %q, want %q", child, want)
	}
	if outside := tracer.ChildEnviron(t.Context(), given); !slices.Equal(outside, []string{"PATH=/bin"}) {
		t.Errorf("outside of any span it gets %q", outside)
	}
	e := entry.Environ{"A_B=1", "A_B=2"}
	if e.Get("a-b") != "2" || len(e.Keys()) != 2 {
		t.Errorf("%q", e)
	}
	if e.Set("a.b", "3"); len(e) != 1 || e[0] != "A_B=3" {
		t.Errorf("%q", e)
	}
}

// MetaFrom finds the entry's Meta, and the place of whatever was begun below it.
func TestMetaFrom(t *testing.T) {
	t.Parallel()
	tracer, spans := traced()
	if m := entry.MetaFrom(t.Context()); m == nil || m.Context() != t.Context() {
		t.Error("without an entry it isn't on the context")
	}
	if entry.MetaFrom(nil) == nil { //nolint:staticcheck // nil must not panic
		t.Error("nothing")
	}
	err := tracer.Run(t.Context(), entry.Entry{Kind: "service", Key: "k"}, func(ctx context.Context) error {
		m := entry.MetaFrom(ctx)
		if entry.MetaFrom(ctx) != m {
			t.Error("the entry has two of them")
		}
		outer := tracer.Hook.Begin(m, "outer", nil)
		tracer.Hook.Begin(entry.MetaFrom(ctx), "below outer", nil).End()
		outer.End()
		type key struct{}
		below, span := trace.SpanFromContext(ctx).TracerProvider().Tracer("t").Start(context.WithValue(ctx, key{}, 1), "of OpenTelemetry")
		again := entry.MetaFrom(below)
		if again.Context().Value(key{}) == nil {
			t.Error("the values of the context are gone")
		}
		tracer.Hook.Begin(again, "below it", nil).End()
		span.End()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	parents := map[string]string{}
	names := map[trace.SpanID]string{}
	for _, s := range spans.Ended() {
		names[s.SpanContext().SpanID()] = s.Name()
	}
	for _, s := range spans.Ended() {
		parents[s.Name()] = names[s.Parent().SpanID()]
	}
	for name, want := range map[string]string{"outer": "service:k", "below outer": "outer", "of OpenTelemetry": "service:k", "below it": "of OpenTelemetry"} {
		if parents[name] != want {
			t.Errorf("%s is below %q, want %q", name, parents[name], want)
		}
	}
}

// Many goroutines fork one Meta, begin and end in any order: each span has the parent that was current
// on the fork when it began.
func TestForkingConcurrentSafe(t *testing.T) {
	t.Parallel()
	tracer, spans := traced()
	const goroutines, each = 64, 20
	err := tracer.Run(t.Context(), entry.Entry{Kind: "service", Key: "root"}, func(ctx context.Context) error {
		m := entry.MetaFrom(ctx)
		shared := tracer.Hook.Begin(m, "shared", nil)
		var group sync.WaitGroup
		for range goroutines {
			group.Go(func() {
				for range each {
					f := m.Fork()
					a := tracer.Hook.Begin(f, "a", tracehook.Map{"want": "shared"})
					b := tracer.Hook.Begin(f, "b", tracehook.Map{"want": "a"})
					g := f.Fork()
					a.End() // before b
					c := tracer.Hook.Begin(g, "c", tracehook.Map{"want": "b"})
					b.End()
					d := tracer.Hook.Begin(g, "d", tracehook.Map{"want": "c"})
					c.End()
					d.End()
					tracer.Hook.Begin(g, "e", tracehook.Map{"want": "b"}).End() // what g was forked at, though it has ended
				}
			})
		}
		group.Wait()
		shared.End()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	names := map[trace.SpanID]string{}
	all := spans.Ended()
	for _, s := range all {
		names[s.SpanContext().SpanID()] = s.Name()
	}
	if len(all) != goroutines*each*5+2 {
		t.Errorf("%d spans", len(all))
	}
	for _, s := range all {
		set := attribute.NewSet(s.Attributes()...)
		if want, ok := set.Value("want"); ok && names[s.Parent().SpanID()] != want.AsString() {
			t.Fatalf("%s is below %q, want %q", s.Name(), names[s.Parent().SpanID()], want.AsString())
		}
	}
}
