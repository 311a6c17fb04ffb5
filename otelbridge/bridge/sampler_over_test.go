package bridge_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tracehook/tracehook/exporter"
	"github.com/tracehook/tracehook/exporter/memory"
	"github.com/tracehook/tracehook/otelbridge"
)

// seededIDs makes the same ids in each run.
type seededIDs struct{ r *rand.Rand }

func (s seededIDs) NewIDs(ctx context.Context) (id trace.TraceID, span trace.SpanID) {
	binary.BigEndian.PutUint64(id[:8], s.r.Uint64()|1)
	binary.BigEndian.PutUint64(id[8:], s.r.Uint64())
	return id, s.NewSpanID(ctx, id)
}

func (s seededIDs) NewSpanID(context.Context, trace.TraceID) (id trace.SpanID) {
	binary.BigEndian.PutUint64(id[:], s.r.Uint64()|1)
	return id
}

// traffic is what a service does: requests from outside and its own, with children, some of which
// fail. It returns the headers of the calls that it makes.
func traffic(tracer trace.Tracer) (calls []string) {
	random := rand.New(rand.NewPCG(7, 8))
	state := func(s string) trace.TraceState {
		ts, err := trace.ParseTraceState(s)
		if err != nil {
			panic(err) //nolint:forbidigo // a constant
		}
		return ts
	}
	for i := range 400 {
		ctx := context.Background()
		if i%4 > 0 {
			c := trace.SpanContextConfig{SpanID: trace.SpanID{1}, Remote: true}
			binary.BigEndian.PutUint64(c.TraceID[:8], random.Uint64()|1)
			binary.BigEndian.PutUint64(c.TraceID[8:], random.Uint64())
			switch i % 4 {
			case 1:
				c.TraceFlags, c.TraceState = trace.FlagsSampled, state("vendor=1")
			case 2:
				c.TraceFlags, c.TraceState = trace.FlagsSampled, state("ot=th:8,vendor=1")
				c.TraceID[9] |= 0x80
			}
			ctx = trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(c))
		}
		ctx, server := tracer.Start(ctx, "server", trace.WithSpanKind(trace.SpanKindServer))
		ctx, child := tracer.Start(ctx, "child")
		_, grandchild := tracer.Start(ctx, "grandchild")
		sc := grandchild.SpanContext()
		calls = append(calls, fmt.Sprint(sc.TraceID(), sc.SpanID(), sc.TraceFlags(), sc.TraceState()))
		if i%5 == 0 {
			grandchild.SetStatus(codes.Error, "no")
		}
		grandchild.End()
		child.End()
		server.End()
	}
	return calls
}

// exported returns what an exporter got, but for times.
func exported(t *testing.T, spans tracetest.SpanStubs) string {
	t.Helper()
	for i := range spans {
		s := &spans[i]
		s.StartTime, s.EndTime = s.StartTime.Truncate(1<<62), s.EndTime.Truncate(1<<62)
		s.Resource = nil
	}
	text, err := json.Marshal(spans)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const wanting = `
[trace.errors]
driver = "errors"
sample = { rate = 0, error = true }
[trace.half]
driver = "half"
sample = { rate = 0.5, error = false }
`

// What an application's own exporter and other services see is the same with and without a Bridge
// behind its sampler; and the Bridge's connections have what they have on its own provider.
func TestSamplerOverChangesNothingButWhatConnectionsGet(t *testing.T) {
	t.Parallel()
	for _, theirs := range []sdktrace.Sampler{
		sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.2)),
		sdktrace.TraceIDRatioBased(0.3), sdktrace.NeverSample(), sdktrace.AlwaysSample(),
	} {
		t.Run(theirs.Description(), func(t *testing.T) {
			t.Parallel()
			provider := func(sampler sdktrace.Sampler, exp sdktrace.SpanExporter, opts ...sdktrace.TracerProviderOption) *sdktrace.TracerProvider {
				tp := sdktrace.NewTracerProvider(append(opts, sdktrace.WithSampler(sampler),
					sdktrace.WithIDGenerator(seededIDs{rand.New(rand.NewPCG(1, 2))}), sdktrace.WithBatcher(exp))...)
				t.Cleanup(func() { _ = tp.Shutdown(context.Background()) })
				return tp
			}
			run := func(tp *sdktrace.TracerProvider, exp *tracetest.InMemoryExporter) (string, []string) {
				calls := traffic(tp.Tracer("app"))
				if err := tp.ForceFlush(t.Context()); err != nil {
					t.Fatal(err)
				}
				return exported(t, exp.GetSpans()), calls
			}
			alone := tracetest.NewInMemoryExporter()
			want, wantCalls := run(provider(theirs, alone), alone)

			bridge := func() (*otelbridge.Bridge, map[string]*memory.Exporter) {
				kept := map[string]*memory.Exporter{"errors": memory.New(), "half": memory.New()}
				var opts []otelbridge.Option
				for name, e := range kept {
					opts = append(opts, otelbridge.WithDriver(name, func(context.Context, exporter.Settings) (sdktrace.SpanExporter, error) { return e, nil }))
				}
				opts = append(opts, otelbridge.WithTracerProviderOptions(sdktrace.WithIDGenerator(seededIDs{rand.New(rand.NewPCG(1, 2))})))
				b, err := otelbridge.New(t.Context(), parse(t, wanting), opts...)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = b.Shutdown(context.Background()) })
				return b, kept
			}
			b, got := bridge()
			beside := tracetest.NewInMemoryExporter()
			with, calls := run(provider(b.SamplerOver(theirs), beside, sdktrace.WithSpanProcessor(b.SpanProcessor())), beside)
			if diff := cmp.Diff(want, with); diff != "" {
				t.Errorf("their exporter got something else (-alone +with a Bridge):\n%.1000s", diff)
			}
			if diff := cmp.Diff(wantCalls, calls); diff != "" {
				t.Errorf("other services see something else (-alone +with a Bridge):\n%.1000s", diff)
			}

			own, ownKept := bridge()
			traffic(own.TracerProvider().Tracer("app"))
			if err := errors.Join(own.ForceFlush(t.Context()), b.ForceFlush(t.Context())); err != nil {
				t.Fatal(err)
			}
			for name := range got {
				if diff := cmp.Diff(weighted(ownKept[name]), weighted(got[name])); diff != "" {
					t.Errorf("connection %q has something else than on the Bridge's own provider (-own +over theirs):\n%.2000s", name, diff)
				}
			}
			if n := len(weighted(got["errors"])); n != 80 {
				t.Errorf("%d of 80 errors were kept", n)
			}
			if st := b.Stats(); st.Offered != own.Stats().Offered {
				t.Errorf("the accounts say %d spans were offered, on the own provider %d", st.Offered, own.Stats().Offered)
			}
		})
	}
}

// weighted returns the spans of an exporter with their weights.
func weighted(e *memory.Exporter) []string {
	var all []string
	for _, s := range e.Spans() {
		sc := s.SpanContext()
		ot, _, _ := strings.Cut(sc.TraceState().Get("ot"), ";")
		all = append(all, fmt.Sprint(sc.TraceID(), " ", sc.SpanID(), " ", s.Name(), " ", ot))
	}
	slices.Sort(all)
	return all
}
